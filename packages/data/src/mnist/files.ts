/** One of the four files of MNIST. */
export interface MnistFile {
  readonly name: string;
  /** Bytes when unpacked. */
  readonly size: number;
  /** SHA-256 of the unpacked bytes, in hexadecimal: mirrors compress the same contents differently. */
  readonly sha256: string;
}

/** The images and labels of one part of MNIST. */
export interface MnistPart {
  readonly images: MnistFile;
  readonly labels: MnistFile;
}

/** The public mirror of the original files (LeCun, Cortes, Burges), the one that torchvision uses. */
export const MNIST_MIRROR = 'https://ossci-datasets.s3.amazonaws.com/mnist/';

export const MNIST_TRAIN: MnistPart = {
  images: {
    name: 'train-images-idx3-ubyte',
    size: 47_040_016,
    sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  },
  labels: {
    name: 'train-labels-idx1-ubyte',
    size: 60_008,
    sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  },
};

export const MNIST_TEST: MnistPart = {
  images: {
    name: 't10k-images-idx3-ubyte',
    size: 7_840_016,
    sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  },
  labels: {
    name: 't10k-labels-idx1-ubyte',
    size: 10_008,
    sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
};
