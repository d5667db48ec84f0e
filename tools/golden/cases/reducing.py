"""Reductions: reduce, argReduce."""

import math

import torch

from golden import Suite, bools, f64, floats, ints

NAN, INF = math.nan, math.inf
FUNCTIONS = {
    "sum": lambda x, axes, keep: x.sum(axes, keep) if axes else x.clone(),
    "mean": lambda x, axes, keep: x.mean(axes, keep) if axes else x.clone(),
    "max": lambda x, axes, keep: x.amax(axes, keep) if axes else x.clone(),
    "min": lambda x, axes, keep: x.amin(axes, keep) if axes else x.clone(),
    "logSumExp": lambda x, axes, keep: x.logsumexp(axes, keep) if axes else x.clone(),
    "prod": lambda x, axes, keep: _one_by_one(torch.prod, x, axes, keep),
}
BOOLEAN = {"all": torch.all, "any": torch.any}
AXES = [([2, 3, 4], None), ([2, 3, 4], [0]), ([2, 3, 4], [1]), ([2, 3, 4], [-1]), ([2, 3, 4], [0, 2]), ([2, 3, 4], [1, 2]), ([2, 3, 4], [0, 1, 2]), ([2, 3, 4], []), ([2, 1, 3, 1, 2], [0, 2]), ([2, 1, 3, 1, 2], [0, 4]), ([1, 1], [0]), ([], None), ([5], [0])]


def suites():
    yield reduce()
    yield arg_reduce()


def _one_by_one(fn, x, axes, keep):
    """PyTorch reduces products and truth values over one axis at a time."""
    for axis in sorted((a % x.dim() for a in axes), reverse=True):
        x = fn(x, axis, keep)
    return x


def _attributes(axes, keep):
    return {"axes": axes, "keepDims": keep} if axes is not None else {"keepDims": keep}


def _label(shape, axes, keep):
    return f"{shape} over {'all' if axes is None else axes}{', kept' if keep else ''}"


def reduce():
    suite = Suite("reduce")
    for name, fn in FUNCTIONS.items():
        for shape, axes in AXES:
            for keep in (False, True):
                over = list(range(len(shape))) if axes is None else axes
                x = floats(*shape, apart=True, low=0.25 if name == "prod" else -2)
                if name == "logSumExp" and not over:
                    continue
                suite.case(name, _label(shape, axes, keep), lambda x: fn(x, over, keep), [x], _attributes(axes, keep))
    for name in ("sum", "prod"):
        for shape, axes in (([2, 0, 3], [1]), ([0], None), ([0, 3], [1]), ([2, 0, 3], [0, 2])):
            over = list(range(len(shape))) if axes is None else axes
            x = torch.zeros(shape, dtype=torch.float64)
            suite.case(name, _label(shape, axes, False), lambda x: FUNCTIONS[name](x, over, False), [x], _attributes(axes, False), differentiable=name == "sum")
    for name in ("sum", "max", "min", "prod"):
        for dtype in (torch.int32, torch.int64, torch.uint8):
            low = 0 if dtype == torch.uint8 else -3
            kept = lambda x: FUNCTIONS[name](x, [1], False).to(dtype)
            suite.case(name, str(dtype)[6:], kept, [ints(3, 4, 2, low=low, high=3, dtype=dtype)], _attributes([1], False))
    suite.case("sum", "long rows", lambda x: x.sum(1), [floats(2, 1000)], _attributes([1], False), smooth=False)
    suite.case("sum", "long columns", lambda x: x.sum(0), [floats(700, 3)], _attributes([0], False), smooth=False)
    special = torch.tensor([[1, NAN, 2], [INF, 1, 2], [-INF, INF, 1], [3, 3, 1]], dtype=torch.float64)
    for name in ("sum", "mean", "max", "min"):
        suite.case(name, "special values", lambda x: FUNCTIONS[name](x, [1], False), [special], _attributes([1], False), differentiable=False)
    tied = torch.tensor([[1, 3, 3], [2, 2, 2], [1, 2, 3]], dtype=torch.float64)
    for name in ("max", "min"):
        across = ints(2, 3, 4, low=0, high=2).double()
        suite.case(name, "ties across axes apart", lambda x: FUNCTIONS[name](x, [0, 2], False), [across], _attributes([0, 2], False), smooth=False)
        suite.case(name, "ties", lambda x: FUNCTIONS[name](x, [1], False), [tied], _attributes([1], False), smooth=False)
    zeros = torch.tensor([[0, 2, 3], [0, 0, 3], [1, 2, 3]], dtype=torch.float64)
    suite.case("prod", "zeros", lambda x: x.prod(1), [zeros], _attributes([1], False))
    suite.case("logSumExp", "large values", lambda x: x.logsumexp(1), [f64(1000, 1001, -1000, 2, 3, -1e5).reshape(2, 3)], _attributes([1], False), smooth=False)
    minus = torch.tensor([[-INF, 1, 2], [-INF, -INF, 0.5]], dtype=torch.float64)
    suite.case("logSumExp", "-Infinity", lambda x: x.logsumexp(1), [minus], _attributes([1], False), smooth=False)
    nothing = torch.tensor([[-INF, -INF], [INF, 1], [NAN, 1]], dtype=torch.float64)
    suite.case("logSumExp", "infinite results", lambda x: x.logsumexp(1), [nothing], _attributes([1], False), differentiable=False)
    for shape, axes in (([2, 3, 4], None), ([2, 3, 4], [1]), ([2, 3, 4], [0, 2]), ([4, 1], [0])):
        for correction in (0, 1, 2):
            for keep in (False, True):
                over = list(range(len(shape))) if axes is None else axes
                attributes = {**_attributes(axes, keep), "correction": correction}
                variance = lambda x: x.var(over, correction=correction, keepdim=keep)
                suite.case("variance", f"{_label(shape, axes, keep)}, correction {correction}", variance, [floats(*shape)], attributes)
    for name, fn in BOOLEAN.items():
        for shape, axes in AXES + [([2, 0], [1]), ([0], None)]:
            over = list(range(len(shape))) if axes is None else axes
            suite.case(name, _label(shape, axes, True), lambda x: _one_by_one(fn, x, over, True), [bools(*shape)], _attributes(axes, True))
    return suite


def arg_reduce():
    suite = Suite("argReduce")
    for name, fn in (("argMax", torch.argmax), ("argMin", torch.argmin)):
        at = lambda axis: lambda x: fn(x, axis).int()
        for axis in (0, 1, -1):
            suite.case(name, f"axis {axis}", at(axis), [floats(3, 4, 5, apart=True)], {"axis": axis}, differentiable=False)
        suite.case(name, "ties", at(-1), [f64(1, 3, 3, 1, 2, 2, 2, 2).reshape(2, 4)], {"axis": -1}, differentiable=False)
        suite.case(name, "NaN wins", at(-1), [f64(1, NAN, INF, 2, NAN, NAN, -INF, 0, 5).reshape(3, 3)], {"axis": -1}, differentiable=False)
        suite.case(name, "long with ties", at(-1), [ints(2, 300, low=0, high=5).double()], {"axis": -1}, differentiable=False)
        suite.case(name, "one", at(0), [floats(1, 3)], {"axis": 0}, differentiable=False)
        suite.case(name, "no rows", lambda x: torch.zeros(0, dtype=torch.int32), [torch.zeros(0, 3, dtype=torch.float64)], {"axis": 1}, differentiable=False)
        for dtype in (torch.int32, torch.int64, torch.uint8):
            suite.case(name, str(dtype)[6:], at(0), [ints(4, 6, low=0, dtype=dtype)], {"axis": 0})
    return suite
