"""Functions of one tensor: unary, activation, cast."""

import math

import torch
import torch.nn.functional as F

from golden import Suite, bools, f32, f64, floats, ints

NAN, INF = math.nan, math.inf
EDGES = (0.0, -0.0, 1.0, -1.0, INF, -INF, NAN)

# name: function, where it is smooth, whether it has a gradient
UNARY = {
    "neg": (torch.neg, (-3, 3), True),
    "abs": (torch.abs, (0.5, 3), True),
    "sign": (torch.sign, (0.5, 3), True),
    "exp": (torch.exp, (-3, 3), True),
    "log": (torch.log, (0.25, 4), True),
    "log1p": (torch.log1p, (-0.5, 3), True),
    "expm1": (torch.expm1, (-2, 2), True),
    "sqrt": (torch.sqrt, (0.25, 4), True),
    "rsqrt": (torch.rsqrt, (0.25, 4), True),
    "square": (torch.square, (-3, 3), True),
    "reciprocal": (torch.reciprocal, (0.5, 4), True),
    "sin": (torch.sin, (-7, 7), True),
    "cos": (torch.cos, (-7, 7), True),
    "erf": (torch.erf, (-3, 3), True),
    "floor": (torch.floor, (0.125, 0.875), True),
    "ceil": (torch.ceil, (0.125, 0.875), True),
    "round": (torch.round, (0.125, 0.375), True),
}

ACTIVATIONS = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "silu": F.silu,
    # PyTorch goes over to the identity at a threshold; the true function is wanted.
    "softplus": lambda x: F.softplus(x, threshold=1000),
}


def suites():
    yield unary()
    yield activation()
    yield cast()


def unary():
    suite = Suite("unary")
    for name, (fn, (low, high), differentiable) in UNARY.items():
        suite.case(name, "ordinary", fn, [floats(3, 7, low=low, high=high)], differentiable=differentiable)
        suite.case(name, "scalar", fn, [floats(low=low, high=high, seed=1)])
        suite.case(name, "empty", fn, [torch.zeros(2, 0, 3, dtype=torch.float64)])
        # PyTorch's sign of NaN is 0; Hebb keeps it.
        edges = EDGES[:-1] if name == "sign" else EDGES
        suite.case(name, "edges, float32", fn, [f32(*edges)], differentiable=False)
        suite.case(name, "edges, float64", fn, [f64(*edges)], differentiable=False, exact=True)
        # Longer than any vector register, with a tail.
        suite.case(name, "long", fn, [floats(67, low=low, high=high, seed=2)])
    for name in ("neg", "abs", "sign", "square"):
        for dtype in (torch.int32, torch.int64, torch.uint8):
            low = 0 if dtype == torch.uint8 else -40
            suite.case(name, str(dtype)[6:], UNARY[name][0], [ints(3, 5, low=low, high=40, dtype=dtype)])
    lowest = torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32)
    suite.case("neg", "wraps", torch.neg, [lowest])
    suite.case("square", "wraps", torch.square, [lowest])
    suite.case("exp", "overflow, float32", torch.exp, [f32(88.7, 88.8, -87.3, -103.9, -104.0, 1e-30)], differentiable=False)
    suite.case("exp", "overflow, float64", torch.exp, [f64(709.7, 709.8, -745.1, -745.2)], differentiable=False, exact=True)
    suite.case("log", "denormal, float32", torch.log, [f32(1e-40, 1.2e-38, 3e38)], differentiable=False)
    suite.case("log1p", "small", torch.log1p, [f64(2**-60, -(2**-60), 2**-20, 2**-10)], smooth=False)
    suite.case("expm1", "small", torch.expm1, [f64(2**-60, -(2**-60), 2**-20, 40)], smooth=False)
    suite.case("sin", "large", torch.sin, [f64(1000, -1000, 12345.5, 3.0)], smooth=False)
    suite.case("cos", "large", torch.cos, [f64(1000, -1000, 12345.5, 3.0)], smooth=False)
    suite.case("abs", "kink", torch.abs, [f64(-1, 0, 1)], smooth=False)
    ties = f64(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.25, 1e10)
    for name in ("floor", "ceil", "round"):
        suite.case(name, "ties", UNARY[name][0], [ties], smooth=False)
    clip = lambda low, high: lambda x: torch.clamp(x, low, high)
    suite.case("clip", "ordinary", clip(-0.99, 0.99), [floats(4, 5)], {"min": -0.99, "max": 0.99})
    suite.case("clip", "bounds and NaN", clip(-1, 1), [f64(-2, -1, 0, 1, 2, NAN, INF, -INF)], {"min": -1, "max": 1}, smooth=False)
    suite.case("clip", "int32", clip(-3, 5), [ints(12)], {"min": -3, "max": 5})
    suite.case("clip", "uint8", clip(3, 5), [ints(12, low=0, dtype=torch.uint8)], {"min": 3, "max": 5})
    return suite


def activation():
    suite = Suite("activation")
    away = floats(3, 7, apart=True)
    away = away + (away == 0) * 0.5
    wide = f64(-100, -20, -1, 0, 1, 20, 100)

    def cases(op, fn, attributes=None):
        shown = ", ".join(f"{key} {value}" for key, value in (attributes or {}).items())
        suite.case(op, f"ordinary {shown}".strip(), fn, [away], attributes)
        suite.case(op, f"wide {shown}".strip(), fn, [wide], attributes, smooth=False)
        # PyTorch computes silu and gelu at infinity as infinity times 0.
        edges = (0.0, 1.0, -1.0, NAN) if op in ("silu", "gelu") else EDGES
        suite.case(op, f"edges, float32 {shown}".strip(), fn, [f32(*edges)], attributes, differentiable=False)

    for name, fn in ACTIVATIONS.items():
        cases(name, fn)
        suite.case(name, "empty", fn, [torch.zeros(0, 3, dtype=torch.float64)])
    suite.case("relu", "int32", torch.relu, [ints(11)])
    for alpha in (0.01, 0.25):
        cases("leakyRelu", lambda x: F.leaky_relu(x, alpha), {"alpha": alpha})
    for alpha in (1.0, 0.5):
        cases("elu", lambda x: F.elu(x, alpha), {"alpha": alpha})
    for approximate in ("none", "tanh"):
        cases("gelu", lambda x: F.gelu(x, approximate=approximate), {"approximate": approximate})
    return suite


def cast():
    suite = Suite("cast")
    names = {"float32": torch.float32, "float64": torch.float64, "int32": torch.int32, "int64": torch.int64, "uint8": torch.uint8, "bool": torch.bool}
    sources = {
        "float32": f32(0, 1.5, -1.5, 2.99, -2.99, 100),
        "float64": f64(0, 1.5, -1.5, 2.99, -2.99, 100),
        "int32": ints(6, low=0),
        "int64": ints(6, low=0, dtype=torch.int64),
        "uint8": ints(6, low=0, high=255, dtype=torch.uint8),
        "bool": bools(6),
    }
    for source, x in sources.items():
        for target, dtype in names.items():
            values = x.abs() if target == "uint8" and source.startswith("float") else x
            suite.case("cast", f"{source} to {target}", lambda x: x.to(dtype), [values], {"dtype": target}, exact=True, smooth=False)
    # bfloat16 and float16 are read back as float32.
    halves = f32(1.0, 1.00390625, 1.01171875, 65504, 65520, 1e-8, 6e-8, 3.14159265, -0.1, INF, NAN, 1e-40)
    for name, dtype in (("bfloat16", torch.bfloat16), ("float16", torch.float16)):
        suite.case("cast", f"through {name}", lambda x: x.to(dtype).float(), [halves], {"dtype": name, "back": "float32"}, smooth=False, differentiable=False)
        suite.case("cast", f"gradient through {name}", lambda x: x.to(dtype).float(), [f32(1, 2, 3)], {"dtype": name, "back": "float32"}, smooth=False)
    return suite
