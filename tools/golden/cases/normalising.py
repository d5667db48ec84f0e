"""softmax, softmaxCrossEntropy, batchNorm, layerNorm."""

import math

import torch
import torch.nn.functional as F

from golden import Suite, f64, floats, ints

INF, NAN = math.inf, math.nan


def suites():
    yield softmax()
    yield cross_entropy()
    yield batch_norm()
    yield layer_norm()


def softmax():
    suite = Suite("softmax")
    for name, fn in (("softmax", torch.softmax), ("logSoftmax", torch.log_softmax)):
        at = lambda axis: lambda x: fn(x, axis)
        for shape, axis in (([3, 5], -1), ([3, 5], 0), ([2, 4, 3], 1), ([2, 4, 3], -1), ([6], 0), ([2, 1], 1), ([0, 3], 1), ([2, 0], 1), ([3, 0, 2], 1)):
            suite.case(name, f"{shape} along {axis}", at(axis), [floats(*shape)], {"axis": axis})
        big = f64(1000, 999, -1000, -1e5, 3, 3.5).reshape(2, 3)
        suite.case(name, "large values", at(1), [big], {"axis": 1}, smooth=False)
        masked = f64(-INF, 1, 2, -INF, -INF, 0).reshape(2, 3)
        suite.case(name, "-Infinity", at(1), [masked], {"axis": 1}, smooth=False, differentiable=False)
        suite.case(name, "NaN", at(1), [f64(NAN, 1, 2, 1, 1, 1).reshape(2, 3)], {"axis": 1}, smooth=False, differentiable=False)
        suite.case(name, "long rows", at(1), [floats(2, 131)], {"axis": 1}, smooth=False)
        suite.case(name, "long middle axis", at(1), [floats(1, 70, 19)], {"axis": 1}, smooth=False)
    return suite


def cross_entropy():
    suite = Suite("softmaxCrossEntropy")

    def loss(logits, labels):
        flat = F.cross_entropy(logits.reshape(-1, logits.shape[-1]), labels.reshape(-1).long(), reduction="none")
        return flat.reshape(labels.shape)

    for dtype in (torch.int32, torch.int64, torch.uint8):
        for shape in ([4, 5], [2, 3, 4], [3], [0, 4], [2, 1]):
            labels = ints(*shape[:-1], low=0, high=shape[-1] - 1, dtype=dtype)
            suite.case("softmaxCrossEntropy", f"{shape}, {str(dtype)[6:]}", loss, [floats(*shape), labels])
    large = f64(1000, 0, -1000, -5000, 0, 5000).reshape(2, 3)
    suite.case("softmaxCrossEntropy", "large values", loss, [large, torch.tensor([0, 0], dtype=torch.int32)], smooth=False)
    suite.case("softmaxCrossEntropy", "many classes", loss, [floats(3, 133), ints(3, low=0, high=132)], smooth=False)
    spread = lambda logits, p: -(p * torch.log_softmax(logits, -1)).sum(-1)
    for shape in ([4, 5], [2, 3, 4], [3]):
        suite.case("softmaxCrossEntropy", f"{shape}, probabilities", spread, [floats(*shape), torch.softmax(floats(*shape, seed=1), -1).float().double()])
    return suite


def batch_norm():
    suite = Suite("batchNorm")

    def norm(epsilon):
        def fn(x, gamma, beta):
            axes = list(range(x.dim() - 1))
            flat = x.reshape(-1, x.shape[-1])
            # F.batch_norm wants more than one value a channel; the formula is the same.
            y = F.batch_norm(flat, None, None, gamma, beta, True, 0.0, epsilon) if flat.shape[0] > 1 else (flat - flat.mean(0)) * gamma + beta
            return y.reshape(x.shape), x.mean(axes), x.var(axes, correction=0)

        return fn

    for shape, epsilon in (([6, 3], 1e-5), ([2, 3, 2, 4], 1e-3), ([3, 2, 2], 0.1), ([40, 5], 1e-5)):
        inputs = [floats(*shape), floats(shape[-1], seed=1, low=0.5), floats(shape[-1], seed=2)]
        suite.case("batchNorm", f"{shape}, epsilon {epsilon}", norm(epsilon), inputs, {"epsilon": epsilon}, smooth=math.prod(shape) < 100)
    suite.case("batchNorm", "one value a channel", norm(1e-5), [floats(1, 3), floats(3, seed=1), floats(3, seed=2)], {"epsilon": 1e-5}, smooth=False, differentiable=False)
    far = floats(8, 2) + 1024
    suite.case("batchNorm", "mean far from zero", norm(1e-5), [far, floats(2, seed=1), floats(2, seed=2)], {"epsilon": 1e-5}, smooth=False, differentiable=False)
    return suite


def layer_norm():
    suite = Suite("layerNorm")
    for shape, epsilon in (([3, 5], 1e-5), ([2, 3, 4], 1e-3), ([6], 1e-5), ([4, 33], 1e-5), ([0, 4], 1e-5)):
        fn = lambda x, gamma, beta: F.layer_norm(x, x.shape[-1:], gamma, beta, epsilon)
        inputs = [floats(*shape), floats(shape[-1], seed=1, low=0.5), floats(shape[-1], seed=2)]
        suite.case("layerNorm", f"{shape}, epsilon {epsilon}", fn, inputs, {"epsilon": epsilon}, smooth=math.prod(shape) < 100)
    return suite
