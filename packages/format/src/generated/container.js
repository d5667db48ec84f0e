/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["hebb-container"] || ($protobuf.roots["hebb-container"] = {});

export const hebb = $root.hebb = (() => {

    /**
     * Namespace hebb.
     * @exports hebb
     * @namespace
     */
    const hebb = {};

    hebb.container = (function() {

        /**
         * Namespace container.
         * @memberof hebb
         * @namespace
         */
        const container = {};

        /**
         * DType enum.
         * @name hebb.container.DType
         * @enum {number}
         * @property {number} DTYPE_UNSPECIFIED=0 DTYPE_UNSPECIFIED value
         * @property {number} FLOAT32=1 FLOAT32 value
         * @property {number} FLOAT64=2 FLOAT64 value
         * @property {number} BFLOAT16=3 BFLOAT16 value
         * @property {number} FLOAT16=4 FLOAT16 value
         * @property {number} INT32=5 INT32 value
         * @property {number} INT64=6 INT64 value
         * @property {number} UINT8=7 UINT8 value
         * @property {number} BOOL=8 BOOL value
         */
        container.DType = (function() {
            const valuesById = $Object.create(null), values = $Object.create(valuesById);
            values[valuesById[0] = "DTYPE_UNSPECIFIED"] = 0;
            values[valuesById[1] = "FLOAT32"] = 1;
            values[valuesById[2] = "FLOAT64"] = 2;
            values[valuesById[3] = "BFLOAT16"] = 3;
            values[valuesById[4] = "FLOAT16"] = 4;
            values[valuesById[5] = "INT32"] = 5;
            values[valuesById[6] = "INT64"] = 6;
            values[valuesById[7] = "UINT8"] = 7;
            values[valuesById[8] = "BOOL"] = 8;
            return values;
        })();

        container.TensorEntry = (function() {

            /**
             * Properties of a TensorEntry.
             * @typedef {Object} hebb.container.TensorEntry.$Properties
             * @property {string|null} [name] TensorEntry name
             * @property {hebb.container.DType|null} [dtype] TensorEntry dtype
             * @property {Array.<number|Long>|null} [dims] TensorEntry dims
             * @property {number|Long|null} [offset] TensorEntry offset
             * @property {number|Long|null} [byteLength] TensorEntry byteLength
             * @property {Uint8Array|null} [sha256] TensorEntry sha256
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a TensorEntry.
             * @memberof hebb.container
             * @interface ITensorEntry
             * @augments hebb.container.TensorEntry.$Properties
             * @deprecated Use hebb.container.TensorEntry.$Properties instead.
             */

            /**
             * Shape of a TensorEntry.
             * @typedef {hebb.container.TensorEntry.$Properties} hebb.container.TensorEntry.$Shape
             */

            /**
             * Constructs a new TensorEntry.
             * @memberof hebb.container
             * @classdesc Represents a TensorEntry.
             * @constructor
             * @param {hebb.container.TensorEntry.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const TensorEntry = function (properties) {
                this.dims = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * TensorEntry name.
             * @member {string} name
             * @memberof hebb.container.TensorEntry
             * @instance
             */
            TensorEntry.prototype.name = "";

            /**
             * TensorEntry dtype.
             * @member {hebb.container.DType} dtype
             * @memberof hebb.container.TensorEntry
             * @instance
             */
            TensorEntry.prototype.dtype = 0;

            /**
             * TensorEntry dims.
             * @member {Array.<number|Long>} dims
             * @memberof hebb.container.TensorEntry
             * @instance
             */
            TensorEntry.prototype.dims = $util.emptyArray;

            /**
             * TensorEntry offset.
             * @member {number|Long} offset
             * @memberof hebb.container.TensorEntry
             * @instance
             */
            TensorEntry.prototype.offset = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * TensorEntry byteLength.
             * @member {number|Long} byteLength
             * @memberof hebb.container.TensorEntry
             * @instance
             */
            TensorEntry.prototype.byteLength = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * TensorEntry sha256.
             * @member {Uint8Array} sha256
             * @memberof hebb.container.TensorEntry
             * @instance
             */
            TensorEntry.prototype.sha256 = $util.newBuffer([]);

            /**
             * Creates a new TensorEntry instance using the specified properties.
             * @function create
             * @memberof hebb.container.TensorEntry
             * @static
             * @param {hebb.container.TensorEntry.$Properties=} [properties] Properties to set
             * @returns {hebb.container.TensorEntry} TensorEntry instance
             * @type {{
             *   (properties: hebb.container.TensorEntry.$Shape): hebb.container.TensorEntry & hebb.container.TensorEntry.$Shape;
             *   (properties?: hebb.container.TensorEntry.$Properties): hebb.container.TensorEntry;
             * }}
             */
            TensorEntry.create = function(properties) {
                return new TensorEntry(properties);
            };

            /**
             * Encodes the specified TensorEntry message. Does not implicitly {@link hebb.container.TensorEntry.verify|verify} messages.
             * @function encode
             * @memberof hebb.container.TensorEntry
             * @static
             * @param {hebb.container.TensorEntry.$Properties} message TensorEntry message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            TensorEntry.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
                if (message.dtype != null && $Object.hasOwnProperty.call(message, "dtype") && message.dtype !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).int32(message.dtype);
                if (message.dims != null && message.dims.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).uint64s(message.dims);
                if (message.offset != null && $Object.hasOwnProperty.call(message, "offset") && (typeof message.offset === "object" ? message.offset.low || message.offset.high : message.offset !== 0))
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.offset);
                if (message.byteLength != null && $Object.hasOwnProperty.call(message, "byteLength") && (typeof message.byteLength === "object" ? message.byteLength.low || message.byteLength.high : message.byteLength !== 0))
                    writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.byteLength);
                if (message.sha256 != null && $Object.hasOwnProperty.call(message, "sha256") && message.sha256.length)
                    writer.uint32(/* id 6, wireType 2 =*/50).bytes(message.sha256);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a TensorEntry message from the specified reader or buffer.
             * @function decode
             * @memberof hebb.container.TensorEntry
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {hebb.container.TensorEntry & hebb.container.TensorEntry.$Shape} TensorEntry
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            TensorEntry.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.hebb.container.TensorEntry();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.int32())
                                message.dtype = value;
                            else
                                delete message.dtype;
                            continue;
                        }
                    case 3: {
                            if (wireType === 2) {
                                if (!(message.dims && message.dims.length))
                                    message.dims = [];
                                reader.uint64s(message.dims);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.dims && message.dims.length))
                                message.dims = [];
                            message.dims.push(reader.uint64());
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.offset = value;
                            else
                                delete message.offset;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.byteLength = value;
                            else
                                delete message.byteLength;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.sha256 = value;
                            else
                                delete message.sha256;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return TensorEntry;
        })();

        container.Section = (function() {

            /**
             * Properties of a Section.
             * @typedef {Object} hebb.container.Section.$Properties
             * @property {string|null} [name] Section name
             * @property {Array.<hebb.container.TensorEntry.$Properties>|null} [tensors] Section tensors
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Section.
             * @memberof hebb.container
             * @interface ISection
             * @augments hebb.container.Section.$Properties
             * @deprecated Use hebb.container.Section.$Properties instead.
             */

            /**
             * Shape of a Section.
             * @typedef {hebb.container.Section.$Properties} hebb.container.Section.$Shape
             */

            /**
             * Constructs a new Section.
             * @memberof hebb.container
             * @classdesc Represents a Section.
             * @constructor
             * @param {hebb.container.Section.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Section = function (properties) {
                this.tensors = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Section name.
             * @member {string} name
             * @memberof hebb.container.Section
             * @instance
             */
            Section.prototype.name = "";

            /**
             * Section tensors.
             * @member {Array.<hebb.container.TensorEntry.$Properties>} tensors
             * @memberof hebb.container.Section
             * @instance
             */
            Section.prototype.tensors = $util.emptyArray;

            /**
             * Creates a new Section instance using the specified properties.
             * @function create
             * @memberof hebb.container.Section
             * @static
             * @param {hebb.container.Section.$Properties=} [properties] Properties to set
             * @returns {hebb.container.Section} Section instance
             * @type {{
             *   (properties: hebb.container.Section.$Shape): hebb.container.Section & hebb.container.Section.$Shape;
             *   (properties?: hebb.container.Section.$Properties): hebb.container.Section;
             * }}
             */
            Section.create = function(properties) {
                return new Section(properties);
            };

            /**
             * Encodes the specified Section message. Does not implicitly {@link hebb.container.Section.verify|verify} messages.
             * @function encode
             * @memberof hebb.container.Section
             * @static
             * @param {hebb.container.Section.$Properties} message Section message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Section.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.name);
                if (message.tensors != null && message.tensors.length)
                    for (let i = 0; i < message.tensors.length; ++i)
                        $root.hebb.container.TensorEntry.encode(message.tensors[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Section message from the specified reader or buffer.
             * @function decode
             * @memberof hebb.container.Section
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {hebb.container.Section & hebb.container.Section.$Shape} Section
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Section.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.hebb.container.Section();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.tensors && message.tensors.length))
                                message.tensors = [];
                            message.tensors.push($root.hebb.container.TensorEntry.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Section;
        })();

        container.MetadataEntry = (function() {

            /**
             * Properties of a MetadataEntry.
             * @typedef {Object} hebb.container.MetadataEntry.$Properties
             * @property {string|null} [key] MetadataEntry key
             * @property {string|null} [value] MetadataEntry value
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a MetadataEntry.
             * @memberof hebb.container
             * @interface IMetadataEntry
             * @augments hebb.container.MetadataEntry.$Properties
             * @deprecated Use hebb.container.MetadataEntry.$Properties instead.
             */

            /**
             * Shape of a MetadataEntry.
             * @typedef {hebb.container.MetadataEntry.$Properties} hebb.container.MetadataEntry.$Shape
             */

            /**
             * Constructs a new MetadataEntry.
             * @memberof hebb.container
             * @classdesc Represents a MetadataEntry.
             * @constructor
             * @param {hebb.container.MetadataEntry.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const MetadataEntry = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * MetadataEntry key.
             * @member {string} key
             * @memberof hebb.container.MetadataEntry
             * @instance
             */
            MetadataEntry.prototype.key = "";

            /**
             * MetadataEntry value.
             * @member {string} value
             * @memberof hebb.container.MetadataEntry
             * @instance
             */
            MetadataEntry.prototype.value = "";

            /**
             * Creates a new MetadataEntry instance using the specified properties.
             * @function create
             * @memberof hebb.container.MetadataEntry
             * @static
             * @param {hebb.container.MetadataEntry.$Properties=} [properties] Properties to set
             * @returns {hebb.container.MetadataEntry} MetadataEntry instance
             * @type {{
             *   (properties: hebb.container.MetadataEntry.$Shape): hebb.container.MetadataEntry & hebb.container.MetadataEntry.$Shape;
             *   (properties?: hebb.container.MetadataEntry.$Properties): hebb.container.MetadataEntry;
             * }}
             */
            MetadataEntry.create = function(properties) {
                return new MetadataEntry(properties);
            };

            /**
             * Encodes the specified MetadataEntry message. Does not implicitly {@link hebb.container.MetadataEntry.verify|verify} messages.
             * @function encode
             * @memberof hebb.container.MetadataEntry
             * @static
             * @param {hebb.container.MetadataEntry.$Properties} message MetadataEntry message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            MetadataEntry.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.key != null && $Object.hasOwnProperty.call(message, "key") && message.key !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.key);
                if (message.value != null && $Object.hasOwnProperty.call(message, "value") && message.value !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.value);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a MetadataEntry message from the specified reader or buffer.
             * @function decode
             * @memberof hebb.container.MetadataEntry
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {hebb.container.MetadataEntry & hebb.container.MetadataEntry.$Shape} MetadataEntry
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            MetadataEntry.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.hebb.container.MetadataEntry();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.key = value;
                            else
                                delete message.key;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.value = value;
                            else
                                delete message.value;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return MetadataEntry;
        })();

        container.Header = (function() {

            /**
             * Properties of a Header.
             * @typedef {Object} hebb.container.Header.$Properties
             * @property {Array.<hebb.container.MetadataEntry.$Properties>|null} [metadata] Header metadata
             * @property {Array.<hebb.container.Section.$Properties>|null} [sections] Header sections
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Header.
             * @memberof hebb.container
             * @interface IHeader
             * @augments hebb.container.Header.$Properties
             * @deprecated Use hebb.container.Header.$Properties instead.
             */

            /**
             * Shape of a Header.
             * @typedef {hebb.container.Header.$Properties} hebb.container.Header.$Shape
             */

            /**
             * Constructs a new Header.
             * @memberof hebb.container
             * @classdesc Represents a Header.
             * @constructor
             * @param {hebb.container.Header.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Header = function (properties) {
                this.metadata = [];
                this.sections = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Header metadata.
             * @member {Array.<hebb.container.MetadataEntry.$Properties>} metadata
             * @memberof hebb.container.Header
             * @instance
             */
            Header.prototype.metadata = $util.emptyArray;

            /**
             * Header sections.
             * @member {Array.<hebb.container.Section.$Properties>} sections
             * @memberof hebb.container.Header
             * @instance
             */
            Header.prototype.sections = $util.emptyArray;

            /**
             * Creates a new Header instance using the specified properties.
             * @function create
             * @memberof hebb.container.Header
             * @static
             * @param {hebb.container.Header.$Properties=} [properties] Properties to set
             * @returns {hebb.container.Header} Header instance
             * @type {{
             *   (properties: hebb.container.Header.$Shape): hebb.container.Header & hebb.container.Header.$Shape;
             *   (properties?: hebb.container.Header.$Properties): hebb.container.Header;
             * }}
             */
            Header.create = function(properties) {
                return new Header(properties);
            };

            /**
             * Encodes the specified Header message. Does not implicitly {@link hebb.container.Header.verify|verify} messages.
             * @function encode
             * @memberof hebb.container.Header
             * @static
             * @param {hebb.container.Header.$Properties} message Header message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Header.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.metadata != null && message.metadata.length)
                    for (let i = 0; i < message.metadata.length; ++i)
                        $root.hebb.container.MetadataEntry.encode(message.metadata[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.sections != null && message.sections.length)
                    for (let i = 0; i < message.sections.length; ++i)
                        $root.hebb.container.Section.encode(message.sections[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Header message from the specified reader or buffer.
             * @function decode
             * @memberof hebb.container.Header
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {hebb.container.Header & hebb.container.Header.$Shape} Header
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Header.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.hebb.container.Header();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.metadata && message.metadata.length))
                                message.metadata = [];
                            message.metadata.push($root.hebb.container.MetadataEntry.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.sections && message.sections.length))
                                message.sections = [];
                            message.sections.push($root.hebb.container.Section.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Header;
        })();

        return container;
    })();

    return hebb;
})();

export {
  $root as default
};
