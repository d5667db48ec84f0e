"""Functions of two or three tensors that broadcast: binary, compare, where."""

import math

import torch

from golden import Suite, bools, f32, f64, floats, ints

NAN, INF = math.nan, math.inf
PATTERNS = [
    ((3, 4), (3, 4)),
    ((2, 3, 4), (4,)),
    ((4,), (2, 3, 4)),
    ((2, 3, 4), (3, 1)),
    ((2, 1, 4), (3, 1)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((1, 1), (1,)),
    ((2, 0, 3), (1, 3)),
    ((5, 1, 3, 1, 2), (4, 1, 2, 1)),
]
BINARY = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "pow": torch.pow,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "mod": torch.remainder,
}
COMPARE = {
    "equal": torch.eq,
    "notEqual": torch.ne,
    "less": torch.lt,
    "lessEqual": torch.le,
    "greater": torch.gt,
    "greaterEqual": torch.ge,
}
LOGICAL = {"logicalAnd": torch.logical_and, "logicalOr": torch.logical_or, "logicalXor": torch.logical_xor}


def suites():
    yield binary()
    yield compare()
    yield where()


def operands(name, a, b):
    """Away from kinks: odd multiples of 1/128 in b keep the operands different and quotients off whole numbers."""
    x, y = floats(*a, seed=1), floats(*b, seed=2) + 1 / 128
    if name == "pow":
        return x.abs() + 0.5, y
    if name == "mod":
        # An odd number of 1/256 in a, an even one in b: no quotient is whole.
        return x + 1 / 256, y.abs() + 0.5
    if name == "div":
        return x, y.abs() + 0.5
    return x, y


def binary():
    suite = Suite("binary")
    for name, fn in BINARY.items():
        for a, b in PATTERNS:
            suite.case(name, f"{list(a)} and {list(b)}", fn, list(operands(name, a, b)))
    specials = f64(0, -0.0, 1, -1, INF, -INF, NAN)
    for name in ("add", "sub", "mul", "div", "maximum", "minimum", "pow"):
        grid = (specials.reshape(-1, 1), specials.reshape(1, -1))
        suite.case(name, "special values", BINARY[name], grid, smooth=False, differentiable=False)
    for name in ("add", "sub", "mul", "maximum", "minimum", "mod"):
        for dtype in (torch.int32, torch.int64, torch.uint8):
            low = 0 if dtype == torch.uint8 else -9
            a = ints(4, 5, low=low, dtype=dtype)
            b = ints(5, seed=1, low=1, dtype=dtype) if dtype == torch.uint8 else torch.tensor([3, -3, 7, -7, 1], dtype=dtype)
            suite.case(name, str(dtype)[6:], BINARY[name], [a, b])
    limits = torch.tensor([-(2**31), 2**31 - 1, 2**31 - 1], dtype=torch.int32)
    for name in ("add", "sub", "mul"):
        suite.case(name, "wraps", BINARY[name], [limits, torch.tensor([-1, 1, 2], dtype=torch.int32)])
    suite.case("pow", "int32", torch.pow, [ints(9, low=-4, high=4), ints(9, seed=1, low=0, high=5)])
    a, b = f64(0, 0, 2, -2, -2, 0, 1.5, 0), f64(0, 2, 0, 2, 3, 1, -1, 0.5)
    suite.case("pow", "zero and negative bases", torch.pow, [a, b], smooth=False, differentiable=False)
    suite.case("pow", "gradient at zero", torch.pow, [f64(0, 0, 2, 0, 0), f64(0, 2, 0, 1, 3)], smooth=False)
    a, b = f64(5.5, -5.5, 5.5, -5.5, 3, -3, 0), f64(2, 2, -2, -2, 3, 3, 2)
    suite.case("mod", "signs", torch.remainder, [a, b], smooth=False)
    suite.case("mod", "by zero and infinity", torch.remainder, [f64(1, -1, 1, INF), f64(0, 0, INF, 2)], smooth=False, differentiable=False)
    for name in ("maximum", "minimum"):
        suite.case(name, "ties", BINARY[name], [f64(1, 2, 3), f64(1, 3, 2)], smooth=False)
    return suite


def compare():
    suite = Suite("compare")
    for name, fn in COMPARE.items():
        for a, b in PATTERNS[:5]:
            suite.case(name, f"{list(a)} and {list(b)}", fn, [ints(*a, low=-2, high=2).double(), ints(*b, seed=1, low=-2, high=2).double()])
        specials = f64(0, -0.0, 1, INF, -INF, NAN)
        suite.case(name, "special values", fn, [specials.reshape(-1, 1), specials])
        for dtype in (torch.int32, torch.int64, torch.uint8):
            suite.case(name, str(dtype)[6:], fn, [ints(13, low=0, high=3, dtype=dtype), ints(13, seed=1, low=0, high=3, dtype=dtype)])
    for name in ("equal", "notEqual"):
        suite.case(name, "bool", COMPARE[name], [bools(4, 1), bools(3, seed=1)])
    for name, fn in LOGICAL.items():
        suite.case(name, "truth table", fn, [torch.tensor([[False], [True]]), torch.tensor([False, True])])
        suite.case(name, "empty", fn, [bools(0, 3), bools(1, seed=1)])
    suite.case("logicalNot", "both", torch.logical_not, [torch.tensor([False, True])])
    for name, fn in (("isNaN", torch.isnan), ("isFinite", torch.isfinite)):
        suite.case(name, "special values", fn, [f64(0, -1, INF, -INF, NAN)])
        suite.case(name, "largest, float32", fn, [f32(3.4028234e38, 1e-45)])
    return suite


def where():
    suite = Suite("where")
    shapes = [((3, 4), (3, 4), (3, 4)), ((4,), (3, 4), (3, 1)), ((3, 1), (4,), ()), ((), (2, 2), (2, 2)), ((2, 0), (1,), (2, 1))]
    for c, a, b in shapes:
        suite.case("where", f"{list(c)}, {list(a)}, {list(b)}", torch.where, [bools(*c), floats(*a, seed=1), floats(*b, seed=2)])
    for dtype in (torch.int32, torch.int64, torch.uint8):
        suite.case("where", str(dtype)[6:], torch.where, [bools(9), ints(9, low=0, dtype=dtype), ints(9, seed=1, low=0, dtype=dtype)])
    suite.case("where", "NaN on the other side", torch.where, [torch.tensor([True, False]), f64(1, NAN), f64(NAN, 2)], smooth=False)
    return suite
