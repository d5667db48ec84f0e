import { Activation, AvgPool2D, Conv2D, Dense, Flatten, Sequential } from 'hebb';

/** Mean and standard deviation of MNIST's training pixels in 0 … 1. */
const [MEAN, STD] = [0.1307, 0.3081];

/**
 * LeNet-5 (LeCun et al. 1998, section II.B) with tanh, average pooling and a linear output. Pixels are brought to mean 0 and variance 1,
 * as there; padding makes up for 28 × 28 images.
 */
export function leNet5(): Sequential {
  return new Sequential([
    new Activation((pixels) => pixels.sub(MEAN).mul(1 / STD), { name: 'standardize' }),
    new Conv2D(6, 5, { padding: 'same', activation: 'tanh' }),
    new AvgPool2D(2),
    new Conv2D(16, 5, { activation: 'tanh' }),
    new AvgPool2D(2),
    new Flatten(),
    new Dense(120, { activation: 'tanh' }),
    new Dense(84, { activation: 'tanh' }),
    new Dense(10),
  ]);
}
