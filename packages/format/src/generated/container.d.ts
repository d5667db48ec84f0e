import * as $protobuf from "protobufjs";
import Long = require("long");

/** Namespace hebb. */
export namespace hebb {

    /** Namespace container. */
    namespace container {

        /** DType enum. */
        enum DType {

            /** DTYPE_UNSPECIFIED value */
            DTYPE_UNSPECIFIED = 0,

            /** FLOAT32 value */
            FLOAT32 = 1,

            /** FLOAT64 value */
            FLOAT64 = 2,

            /** BFLOAT16 value */
            BFLOAT16 = 3,

            /** FLOAT16 value */
            FLOAT16 = 4,

            /** INT32 value */
            INT32 = 5,

            /** INT64 value */
            INT64 = 6,

            /** UINT8 value */
            UINT8 = 7,

            /** BOOL value */
            BOOL = 8
        }

        /**
         * Properties of a TensorEntry.
         * @deprecated Use hebb.container.TensorEntry.$Properties instead.
         */
        interface ITensorEntry extends hebb.container.TensorEntry.$Properties {
        }

        /** Represents a TensorEntry. */
        class TensorEntry {

            /**
             * Constructs a new TensorEntry.
             * @param [properties] Properties to set
             */
            constructor(properties?: hebb.container.TensorEntry.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** TensorEntry name. */
            name: string;

            /** TensorEntry dtype. */
            dtype: hebb.container.DType;

            /** TensorEntry dims. */
            dims: (number|Long)[];

            /** TensorEntry offset. */
            offset: (number|Long);

            /** TensorEntry byteLength. */
            byteLength: (number|Long);

            /** TensorEntry sha256. */
            sha256: Uint8Array;

            /**
             * Creates a new TensorEntry instance using the specified properties.
             * @param [properties] Properties to set
             * @returns TensorEntry instance
             */
            static create(properties: hebb.container.TensorEntry.$Shape): hebb.container.TensorEntry & hebb.container.TensorEntry.$Shape;
            static create(properties?: hebb.container.TensorEntry.$Properties): hebb.container.TensorEntry;

            /**
             * Encodes the specified TensorEntry message. Does not implicitly {@link hebb.container.TensorEntry.verify|verify} messages.
             * @param message TensorEntry message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hebb.container.TensorEntry.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a TensorEntry message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hebb.container.TensorEntry & hebb.container.TensorEntry.$Shape} TensorEntry
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hebb.container.TensorEntry & hebb.container.TensorEntry.$Shape;
        }

        namespace TensorEntry {

            /** Properties of a TensorEntry. */
            interface $Properties {

                /** TensorEntry name */
                name?: (string|null);

                /** TensorEntry dtype */
                dtype?: (hebb.container.DType|null);

                /** TensorEntry dims */
                dims?: ((number|Long)[]|null);

                /** TensorEntry offset */
                offset?: (number|Long|null);

                /** TensorEntry byteLength */
                byteLength?: (number|Long|null);

                /** TensorEntry sha256 */
                sha256?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a TensorEntry. */
            type $Shape = hebb.container.TensorEntry.$Properties;
        }

        /**
         * Properties of a Section.
         * @deprecated Use hebb.container.Section.$Properties instead.
         */
        interface ISection extends hebb.container.Section.$Properties {
        }

        /** Represents a Section. */
        class Section {

            /**
             * Constructs a new Section.
             * @param [properties] Properties to set
             */
            constructor(properties?: hebb.container.Section.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Section name. */
            name: string;

            /** Section tensors. */
            tensors: hebb.container.TensorEntry.$Properties[];

            /**
             * Creates a new Section instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Section instance
             */
            static create(properties: hebb.container.Section.$Shape): hebb.container.Section & hebb.container.Section.$Shape;
            static create(properties?: hebb.container.Section.$Properties): hebb.container.Section;

            /**
             * Encodes the specified Section message. Does not implicitly {@link hebb.container.Section.verify|verify} messages.
             * @param message Section message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hebb.container.Section.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Section message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hebb.container.Section & hebb.container.Section.$Shape} Section
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hebb.container.Section & hebb.container.Section.$Shape;
        }

        namespace Section {

            /** Properties of a Section. */
            interface $Properties {

                /** Section name */
                name?: (string|null);

                /** Section tensors */
                tensors?: (hebb.container.TensorEntry.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Section. */
            type $Shape = hebb.container.Section.$Properties;
        }

        /**
         * Properties of a MetadataEntry.
         * @deprecated Use hebb.container.MetadataEntry.$Properties instead.
         */
        interface IMetadataEntry extends hebb.container.MetadataEntry.$Properties {
        }

        /** Represents a MetadataEntry. */
        class MetadataEntry {

            /**
             * Constructs a new MetadataEntry.
             * @param [properties] Properties to set
             */
            constructor(properties?: hebb.container.MetadataEntry.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** MetadataEntry key. */
            key: string;

            /** MetadataEntry value. */
            value: string;

            /**
             * Creates a new MetadataEntry instance using the specified properties.
             * @param [properties] Properties to set
             * @returns MetadataEntry instance
             */
            static create(properties: hebb.container.MetadataEntry.$Shape): hebb.container.MetadataEntry & hebb.container.MetadataEntry.$Shape;
            static create(properties?: hebb.container.MetadataEntry.$Properties): hebb.container.MetadataEntry;

            /**
             * Encodes the specified MetadataEntry message. Does not implicitly {@link hebb.container.MetadataEntry.verify|verify} messages.
             * @param message MetadataEntry message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hebb.container.MetadataEntry.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a MetadataEntry message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hebb.container.MetadataEntry & hebb.container.MetadataEntry.$Shape} MetadataEntry
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hebb.container.MetadataEntry & hebb.container.MetadataEntry.$Shape;
        }

        namespace MetadataEntry {

            /** Properties of a MetadataEntry. */
            interface $Properties {

                /** MetadataEntry key */
                key?: (string|null);

                /** MetadataEntry value */
                value?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a MetadataEntry. */
            type $Shape = hebb.container.MetadataEntry.$Properties;
        }

        /**
         * Properties of a Header.
         * @deprecated Use hebb.container.Header.$Properties instead.
         */
        interface IHeader extends hebb.container.Header.$Properties {
        }

        /** Represents a Header. */
        class Header {

            /**
             * Constructs a new Header.
             * @param [properties] Properties to set
             */
            constructor(properties?: hebb.container.Header.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Header metadata. */
            metadata: hebb.container.MetadataEntry.$Properties[];

            /** Header sections. */
            sections: hebb.container.Section.$Properties[];

            /**
             * Creates a new Header instance using the specified properties.
             * @param [properties] Properties to set
             * @returns Header instance
             */
            static create(properties: hebb.container.Header.$Shape): hebb.container.Header & hebb.container.Header.$Shape;
            static create(properties?: hebb.container.Header.$Properties): hebb.container.Header;

            /**
             * Encodes the specified Header message. Does not implicitly {@link hebb.container.Header.verify|verify} messages.
             * @param message Header message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: hebb.container.Header.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Header message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {hebb.container.Header & hebb.container.Header.$Shape} Header
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): hebb.container.Header & hebb.container.Header.$Shape;
        }

        namespace Header {

            /** Properties of a Header. */
            interface $Properties {

                /** Header metadata */
                metadata?: (hebb.container.MetadataEntry.$Properties[]|null);

                /** Header sections */
                sections?: (hebb.container.Section.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Header. */
            type $Shape = hebb.container.Header.$Properties;
        }
    }
}
