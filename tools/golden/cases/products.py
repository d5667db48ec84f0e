"""matmul and conv2d. Images are NHWC and weights [out, kh, kw, in / groups]; PyTorch is told so inside the functions."""

import torch
import torch.nn.functional as F

from golden import Suite, floats


def suites():
    yield matmul()
    yield conv2d()


def matmul():
    suite = Suite("matmul")

    def product(ta, tb):
        def fn(a, b, bias=None):
            y = torch.matmul(a.mT if ta and a.dim() > 1 else a, b.mT if tb and b.dim() > 1 else b)
            return y if bias is None else y + bias

        return fn

    def case(name, a, b, ta=False, tb=False, bias=None, smooth=True):
        inputs = [floats(*a, seed=1), floats(*b, seed=2)] + ([floats(bias, seed=3)] if bias is not None else [])
        suite.case("matmul", name, product(ta, tb), inputs, {"transposeA": ta, "transposeB": tb}, smooth=smooth)

    case("vector and vector", [4], [4])
    case("vector and matrix", [4], [4, 3])
    case("matrix and vector", [3, 4], [4])
    case("batch and vector", [2, 3, 4], [4])
    case("vector and batch", [3], [2, 3, 4])
    for ta in (False, True):
        for tb in (False, True):
            flags = f"{', a transposed' if ta else ''}{', b transposed' if tb else ''}"
            a, b = ([4, 3] if ta else [3, 4]), ([5, 4] if tb else [4, 5])
            case(f"matrices{flags}", a, b, ta, tb)
            case(f"matrices with bias{flags}", a, b, ta, tb, bias=5)
            case(f"batches{flags}", [2, *a], [2, *b], ta, tb)
            case(f"batch and matrix{flags}", [2, *a], b, ta, tb)
            case(f"batch and matrix with bias{flags}", [2, *a], b, ta, tb, bias=5)
            case(f"broadcast batches{flags}", [2, 1, *a], [3, *b], ta, tb)
            case(f"matrix and batch{flags}", a, [2, *b], ta, tb)
    case("one by one", [1, 1], [1, 1])
    case("no rows", [0, 3], [3, 2])
    case("no columns", [2, 3], [3, 0])
    case("nothing to add up", [2, 0], [0, 3])
    case("nothing to add up, with bias", [2, 0], [0, 3], bias=3)
    case("empty batch", [0, 2, 3], [0, 3, 2])
    case("tiles with rest", [37, 41], [41, 29], smooth=False)
    case("few rows", [3, 70], [70, 65], smooth=False)
    return suite


def conv2d():
    suite = Suite("conv2d")

    def convolve(stride, padding, dilation, groups):
        (top, bottom), (left, right) = padding

        def fn(x, w, bias=None):
            images = F.pad(x.permute(0, 3, 1, 2), [left, right, top, bottom])
            y = F.conv2d(images, w.permute(0, 3, 1, 2), bias, stride, 0, dilation, groups)
            return y.permute(0, 2, 3, 1).contiguous()

        return fn

    def case(name, x, w, stride=1, padding=((0, 0), (0, 0)), dilation=1, groups=1, bias=False, ours=None, smooth=True):
        pair = lambda value: [value, value] if isinstance(value, int) else list(value)
        attributes = {"stride": pair(stride), "padding": ours or [list(p) for p in padding], "dilation": pair(dilation), "groups": groups}
        inputs = [floats(*x, seed=1), floats(*w, seed=2)] + ([floats(w[0], seed=3)] if bias else [])
        suite.case("conv2d", name, convolve(pair(stride), padding, pair(dilation), groups), inputs, attributes, smooth=smooth)

    one = ((1, 1), (1, 1))
    case("valid 3x3", [2, 5, 4, 2], [3, 3, 3, 2])
    case("bias", [1, 4, 4, 2], [3, 3, 3, 2], bias=True)
    case("padded", [1, 4, 5, 2], [2, 3, 3, 2], padding=one)
    case("stride 2", [1, 6, 7, 2], [2, 3, 3, 2], stride=2, padding=one)
    case("stride 2 by 1", [1, 5, 5, 1], [2, 2, 3, 1], stride=(2, 1))
    case("asymmetric padding", [1, 4, 4, 1], [2, 3, 2, 1], padding=((0, 2), (1, 0)))
    case("same, even window", [1, 5, 5, 1], [2, 2, 2, 1], padding=((0, 1), (0, 1)), ours="same")
    case("same, stride 2", [1, 6, 5, 1], [2, 3, 3, 1], stride=2, padding=((0, 1), (1, 1)), ours="same")
    case("dilated", [1, 7, 7, 1], [2, 3, 3, 1], dilation=2)
    case("dilated 2 by 1, padded", [1, 5, 5, 1], [2, 3, 2, 1], dilation=(2, 1), padding=((2, 2), (0, 1)))
    case("groups", [1, 4, 4, 4], [6, 3, 3, 2], groups=2, padding=one, bias=True)
    case("depthwise", [1, 5, 5, 3], [3, 3, 3, 1], groups=3, padding=one)
    case("depthwise, two outputs each", [1, 4, 4, 2], [4, 3, 3, 1], groups=2, stride=2, padding=one)
    case("1x1", [2, 3, 3, 4], [5, 1, 1, 4], bias=True)
    case("1x1, stride 2", [1, 5, 5, 2], [3, 1, 1, 2], stride=2)
    case("window of the image's size", [2, 3, 2, 2], [3, 3, 2, 2])
    case("rows left over", [1, 6, 6, 1], [1, 3, 3, 1], stride=4)
    case("no images", [0, 4, 4, 2], [3, 3, 3, 2])
    case("many channels", [1, 5, 5, 16], [20, 3, 3, 16], padding=one, smooth=False)
    case("large image", [1, 19, 17, 3], [5, 5, 5, 3], padding=((2, 2), (2, 2)), stride=2, smooth=False)
    return suite
