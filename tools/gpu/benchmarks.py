"""Hebb's and PyTorch's times of the same workloads on the GPU: Hebb eager and compiled, PyTorch eager, as a CUDA graph and compiled."""

import json
import os
import re

from machine import ROOT, python_with_torch

# Title, name, arguments of both sides, and the ratio that is aimed for. The most telling ones first: time may run out.
WORKLOADS = [
    ("playground MLP, batch 10", "train/playground-mlp-b10", [], 3),
    ("MLP on MNIST, batch 128", "train/mlp-mnist-b128-adam", [], 3),
    ("LeNet-5, batch 64", "train/lenet5-b64-sgdm", [], 3),
    ("matmul 8192³, bfloat16", "op/matmul1024", ["bf16", "--image", "8192"], 0.97),
    ("conv 3×3, 64 channels, 256 × 56 × 56, bfloat16", "op/conv3x3-64-56-n16", ["bf16", "--batch", "256"], 0.97),
    ("GPT 4 × 128, batch 16", "train/gpt-4x128-t64-b16-adamw", [], 1.5),
    ("character LSTM 2 × 256, batch 32", "train/charlm-lstm2x256-t64-b32-adam", [], 1.5),
    ("ResNet-18, batch 256, bfloat16", "train/resnet18-224-b8-sgdm", ["bf16", "--batch", "256"], 1),
    ("ResNet-50, batch 256, bfloat16", "train/resnet50-224-b4-sgdm", ["bf16", "--batch", "256"], 1),
    ("GPT-2 124M, 32 × 1024 tokens, bfloat16", "train/gpt2-124m-t1024-b32-adamw", ["bf16"], 1),
]
SECONDS = "0.5"
# Autotuning comes last of all: it takes a minute for a large network.
MODES = [("hebb", "eager"), ("hebb", "compile"), ("pytorch", "eager"), ("pytorch", "graph"), ("pytorch", "compile")]
LIMITS = {"hebb": 60, "pytorch": 120}


def run_benchmarks(machine):
    """Leaves the rows in machine.benchmarks: title, times in milliseconds by side and mode, and what the last recording of a compiled step
    chose from; what NVIDIA's libraries refused in machine.refusals, with the first workload that asked for it."""
    python, version = python_with_torch()
    rows = [{"name": title, "target": target, "ms": {}} for title, _, _, target in WORKLOADS]
    machine.benchmarks = rows
    failures = 0
    for phase in (MODES[:4], MODES[4:]):
        for row, (_, name, arguments, _) in zip(rows, WORKLOADS):
            for side, mode in phase:
                if (side == "pytorch" and python is None) or machine.left() < 10:
                    continue
                # Compiled, an op on constants would be one.
                if (side, mode) == ("hebb", "compile") and name.startswith("op/"):
                    continue
                ms, told = measure(machine, python, side, mode, name, arguments)
                for line in told["refused"]:
                    machine.refusals.setdefault(line, row["name"])
                if told["recorded"]:
                    row["recorded"] = told["recorded"][-1]
                failures += ms is None
                row["ms"][f"{side} {mode}"] = ms
                print(f"[{machine.elapsed():4.0f} s]   {row['name']}: {side} {mode}: {'failed' if ms is None else f'{ms:.4g} ms'}", flush=True)
    with open(os.path.join(machine.out, "bench.json"), "w") as file:
        json.dump(rows, file, indent=1)
    measured = sum(ms is not None for row in rows for ms in row["ms"].values())
    beside = f"PyTorch {version}" if python else "no PyTorch with CUDA"
    if measured == 0:
        raise RuntimeError("nothing was measured, see bench.log")
    return f"{measured} figures, {failures} failed, {len(rows) * len(MODES) - measured - failures} left out; {beside}; {len(machine.refusals)} shapes refused by NVIDIA's libraries"


def measure(machine, python, side, mode, name, arguments):
    """Milliseconds, or None, and what the engine told meanwhile, by kind."""
    precision = [word for word in arguments if word == "bf16"]
    sizes = [word for word in arguments if word != "bf16"]
    if side == "hebb":
        program = [machine.node, os.path.join(ROOT, "tools", "bench", "dist", "child.js")]
    else:
        program = [python, os.path.join(ROOT, "tools", "gpu", "pytorch.py")]
    command = [*program, name, SECONDS, mode, *precision, "--device", "cuda", *sizes]
    status, text = machine.run(command, "bench", LIMITS[side], {**machine.engine_env(), "HEBB_CUDA_LOG": "1", "HEBB_CUDA_TUNE": "1"})
    told = {kind: re.findall(rf"^hebb: {kind}: (.*)$", text, re.MULTILINE) for kind in ("refused", "recorded")}
    try:
        return (float(text.strip().split("\n")[-1]) if status == 0 else None), told
    except ValueError:
        return None, told
