"""Pooling of NHWC images."""

import math

import torch
import torch.nn.functional as F

from golden import Suite, floats, ints

NAN, INF = math.nan, math.inf


def suites():
    suite = Suite("pool")
    shapes = [
        ("2x2", [2, 4, 6, 2], [2, 2], [2, 2], None),
        ("overlapping", [1, 5, 5, 2], [3, 3], [1, 1], None),
        ("stride 2, padded", [1, 5, 6, 2], [3, 3], [2, 2], [[1, 1], [1, 1]]),
        ("asymmetric padding", [1, 4, 4, 1], [3, 2], [1, 2], [[2, 0], [0, 1]]),
        ("rows left over", [1, 5, 7, 1], [2, 3], [2, 3], None),
        ("whole image", [2, 3, 3, 2], [3, 3], [3, 3], None),
        ("1x1", [1, 2, 3, 2], [1, 1], [1, 1], None),
        ("gaps", [1, 7, 7, 1], [2, 2], [3, 3], None),
        ("no images", [0, 4, 4, 2], [2, 2], [2, 2], None),
    ]
    for name, shape, size, stride, padding in shapes:
        x = floats(*shape, apart=True, low=-3, high=3)
        attributes = {"size": size, "stride": stride, **({"padding": padding} if padding else {})}
        suite.case("maxPool2d", name, maximum(size, stride, padding), [x], attributes)
        for counted in (False, True):
            suite.case("avgPool2d", f"{name}{', padding counts' if counted else ''}", average(size, stride, padding, counted), [x], {**attributes, "countPadding": counted})
    attributes = {"size": [2, 2], "stride": [1, 1], "padding": [[1, 0], [0, 1]]}
    pool = maximum([2, 2], [1, 1], [[1, 0], [0, 1]])
    suite.case("maxPool2d", "ties", pool, [ints(1, 4, 4, 2, low=0, high=2).double()], attributes, smooth=False)
    odd = torch.tensor([[1, NAN, 2], [-INF, -INF, 3], [-INF, -INF, INF]], dtype=torch.float64).reshape(1, 3, 3, 1)
    suite.case("maxPool2d", "NaN and infinities", maximum([2, 2], [1, 1], None), [odd], {"size": [2, 2], "stride": [1, 1]}, smooth=False, differentiable=False)
    for shape in ([2, 3, 4, 3], [1, 1, 1, 2]):
        suite.case("globalAvgPool2d", str(shape), lambda x: x.mean((1, 2)), [floats(*shape)])
        suite.case("globalMaxPool2d", str(shape), lambda x: x.amax((1, 2)), [floats(*shape, apart=True)])
    yield suite


def _padded(x, padding, value):
    (top, bottom), (left, right) = padding or [[0, 0], [0, 0]]
    return F.pad(x.permute(0, 3, 1, 2), [left, right, top, bottom], value=value)


def maximum(size, stride, padding):
    return lambda x: F.max_pool2d(_padded(x, padding, -INF), size, stride).permute(0, 2, 3, 1).contiguous()


def average(size, stride, padding, counted):
    def fn(x):
        sums = F.avg_pool2d(_padded(x, padding, 0), size, stride, divisor_override=1)
        inside = F.avg_pool2d(_padded(torch.ones_like(x), padding, 0), size, stride, divisor_override=1)
        return (sums / (size[0] * size[1] if counted else inside)).permute(0, 2, 3, 1).contiguous()

    return fn
