"""Builds the CUDA engine on a machine with an NVIDIA GPU, proves it, measures it beside PyTorch and writes one table, gpu-report.md.

    python3 tools/gpu/run.py [--quick] [--only STEP,STEP] [--minutes M] [--library PATH] [--out DIR] [--rounds N]

Runs in a checkout with packages built, or by run.sh in what `npm run gpu:kit` packed. Each step has a time limit and a log of its own in
DIR (default: gpu-report in this folder); one that fails does not stop the next. --quick: build, parity, ops. --library: an engine to test
in place of building one. HEBB_CUDA_ARCHITECTURES (CMake's words) overrides the GPU at hand, HEBB_CUDA_PATH names folders with NVIDIA's
libraries. Needs nothing but Python for itself, and says what each step lacks.
"""

import argparse
import sys
import time

from machine import Machine
from report import write_report
from steps import QUICK, STEPS, run_step


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("--only", help=f"steps, separated by commas, of {', '.join(STEPS)}")
    parser.add_argument("--minutes", type=float, default=9, help="for everything together (9)")
    parser.add_argument("--library", dest="engine", metavar="PATH", help="an engine to test in place of building one")
    parser.add_argument("--out", default="gpu-report", help="folder of report and logs (gpu-report)")
    parser.add_argument("--rounds", type=int, default=20, help="random cases of each kind in parity (20)")
    found = parser.parse_args()
    found.steps = found.only.split(",") if found.only else QUICK if found.quick else list(STEPS)
    unknown = [name for name in found.steps if name not in STEPS]
    if unknown:
        parser.error(f"no step {', '.join(unknown)}; expected some of {', '.join(STEPS)}")
    return found


def main():
    chosen = options()
    machine = Machine(chosen)
    results = []
    for name in chosen.steps:
        print(f"[{machine.elapsed():4.0f} s] {name} …", flush=True)
        began = time.monotonic()
        status, detail = run_step(name, machine)
        results.append((name, status, detail, time.monotonic() - began))
        print(f"[{machine.elapsed():4.0f} s] {name}: {status}: {detail}", flush=True)
        # After each step, so that there is a table whatever happens next.
        path = write_report(machine, results)
    print(f"report: {path}")
    return 1 if any(status in ("failed", "timed out") for _, status, _, _ in results) else 0


if __name__ == "__main__":
    sys.exit(main())
