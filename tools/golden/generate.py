"""Writes packages/*/golden/*.json with PyTorch. See README.md."""

import importlib
import sys

import torch

FAMILIES = ["elementwise", "combining", "reducing", "moving", "indexing", "products", "pooling", "normalising", "sequences", "updates"]


def main(chosen):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    total = 0
    for family in FAMILIES:
        for suite in importlib.import_module(f"cases.{family}").suites():
            if chosen and suite.stem not in chosen:
                continue
            path, count = suite.write()
            total += path.stat().st_size
            print(f"{path.name}: {count} cases, {path.stat().st_size / 1024:.0f} KiB")
    print(f"{total / 1024:.0f} KiB in all, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main(set(sys.argv[1:]))
