"""What the case files share: inputs that are exact in every dtype, and the writing of golden files."""

import json
import math
from pathlib import Path

import torch

PACKAGES = Path(__file__).resolve().parents[2] / "packages"
INTEGERS = (torch.int32, torch.int64, torch.uint8)


def floats(*shape, seed=0, low=-2.0, high=2.0, apart=False):
    """Multiples of 1/64, which float32 and float64 hold exactly; `apart` makes all of them different."""
    generator = torch.Generator().manual_seed(1000 + seed)
    count = math.prod(shape)
    steps = round((high - low) * 64)
    if apart:
        assert count <= steps
        drawn = torch.randperm(steps, generator=generator)[:count]
    else:
        drawn = torch.randint(0, steps + 1, (count,), generator=generator)
    return (drawn.double() / 64 + low).reshape(shape)


def ints(*shape, seed=0, low=-9, high=9, dtype=torch.int32):
    """Whole numbers from low to high, both included."""
    generator = torch.Generator().manual_seed(2000 + seed)
    return torch.randint(low, high + 1, shape, generator=generator).to(dtype)


def bools(*shape, seed=0):
    return ints(*shape, seed=seed, low=0, high=1).bool()


def f32(*values):
    return torch.tensor(values, dtype=torch.float32)


def f64(*values):
    return torch.tensor(values, dtype=torch.float64)


def _number(value):
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return int(value) if value == int(value) and abs(value) < 1e15 and str(value) != "-0.0" else value
    return value if abs(value) < 2**53 else str(value)


def encode(tensor, exact=False):
    """float64 stands for any float ("float") unless the case is about one dtype."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    if dtype == "float64" and not exact:
        dtype = "float"
    return {
        "dtype": dtype,
        "shape": list(tensor.shape),
        "data": [_number(value) for value in tensor.detach().reshape(-1).tolist()],
    }


class Suite:
    """The golden file of one op file: `packages/tensor/golden/<stem>.json`, or that of another package."""

    def __init__(self, stem, package="tensor"):
        self.stem = stem
        self.folder = PACKAGES / package / "golden"
        self.cases = {}

    def case(self, op, name, fn, inputs, attributes=None, smooth=True, differentiable=True, exact=False):
        """
        Runs fn(*inputs) in PyTorch and keeps inputs, outputs, a cotangent for each float output, and the gradients.

        smooth: finite differences make sense at these inputs (no kinks, ties, NaN or infinities)
        exact: float64 means float64 only
        """
        cases = self.cases.setdefault(op, [])
        assert all(case["name"] != name for case in cases), f"{op}: two cases {name}"
        wrt = [x.clone().requires_grad_() if differentiable and x.is_floating_point() else x for x in inputs]
        result = fn(*wrt)
        outputs = [result] if isinstance(result, torch.Tensor) else list(result)
        record = {"name": name, "attributes": attributes or {}, "smooth": smooth}
        record["inputs"] = [encode(x, exact) for x in inputs]
        record["outputs"] = [encode(y, exact) for y in outputs]
        sources = [x for x in wrt if x.requires_grad]
        if sources:
            cotangents = [
                floats(*y.shape, seed=7 + i, low=-1, high=1).to(y.dtype) if y.is_floating_point() else None
                for i, y in enumerate(outputs)
            ]
            pairs = [(y, g) for y, g in zip(outputs, cotangents) if g is not None and y.requires_grad]
            if pairs:
                found = torch.autograd.grad([y for y, _ in pairs], sources, [g for _, g in pairs], allow_unused=True)
                by_source = {id(x): g for x, g in zip(sources, found)}
                zero = {id(x): torch.zeros_like(x) for x in sources}
                record["cotangents"] = [None if g is None else encode(g, exact) for g in cotangents]
                record["gradients"] = [
                    encode(by_source[id(x)] if by_source[id(x)] is not None else zero[id(x)], exact) if x.requires_grad else None
                    for x in wrt
                ]
        cases.append(record)

    def write(self):
        self.folder.mkdir(exist_ok=True)
        ops = []
        for op, cases in self.cases.items():
            lines = ",\n".join("    " + json.dumps(case, separators=(",", ":"), allow_nan=False) for case in cases)
            ops.append(f"  {json.dumps(op)}: [\n{lines}\n  ]")
        path = self.folder / f"{self.stem}.json"
        path.write_text("{\n" + ",\n".join(ops) + "\n}\n")
        return path, sum(len(cases) for cases in self.cases.values())
