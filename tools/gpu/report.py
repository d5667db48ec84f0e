"""The table that run.py writes."""

import os
import platform
import time

from machine import ROOT, output_of, python_with_torch

COLUMNS = ["hebb eager", "hebb compile", "pytorch eager", "pytorch graph", "pytorch compile"]


def write_report(machine, results):
    """Writes gpu-report.md anew; its path."""
    lines = ["# GPU report", "", *facts(machine), "", "| step | result | seconds | found |", "|---|---|---:|---|"]
    for name, status, detail, seconds in results:
        lines.append(f"| {name} | {status} | {seconds:.0f} | {detail.replace('|', '/')} |")
    if machine.benchmarks:
        lines += ["", *benchmark_table(machine.benchmarks), "", *recordings(machine.benchmarks), "", *refusals(machine.refusals)]
    path = os.path.join(machine.out, "gpu-report.md")
    with open(path, "w") as file:
        file.write("\n".join(lines) + "\n")
    return path


def facts(machine):
    if not hasattr(machine, "facts"):
        commit = os.environ.get("HEBB_COMMIT") or output_of("git", "-C", ROOT, "describe", "--always", "--dirty") or "unknown"
        nvcc = [line for line in output_of("nvcc", "--version").split("\n") if "release" in line]
        machine.facts = [
            f"- {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}, commit {commit}",
            f"- GPU: {machine.card or 'none'}",
            f"- nvcc: {nvcc[0].strip() if nvcc else 'none'}",
            f"- Node: {output_of(machine.node, '--version') if machine.node else 'none'}, Python {platform.python_version()}, "
            f"PyTorch with CUDA: {python_with_torch()[1] or 'none'}",
            f"- {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.release()}",
        ]
    return machine.facts


def benchmark_table(rows):
    """A row for each workload."""
    yield "Milliseconds a step or call, medians. Ratio: the best of PyTorch's times / the better of Hebb's; above 1, Hebb is faster."
    yield ""
    yield f"| workload | {' | '.join(COLUMNS)} | ratio | target |"
    yield f"|---|{'---:|' * (len(COLUMNS) + 2)}"
    for row in rows:
        cells = [cell(row["ms"], column) for column in COLUMNS]
        yield f"| {row['name']} | {' | '.join(cells)} | {ratio(row['ms'])} | ≥ {row['target']} |"


def recordings(rows):
    """What compiled steps were recorded as, and how long each took."""
    told = [row for row in rows if "recorded" in row]
    yield f"Recorded steps, of which the fastest way stays: {'' if told else 'none'}".rstrip()
    if told:
        yield ""
    for row in told:
        yield f"- {row['name']}: {row['recorded']}"


def refusals(refused):
    """What NVIDIA's libraries refused, and took longer than it might."""
    yield f"Refused by NVIDIA's libraries during the benchmarks: {len(refused) or 'nothing'}."
    if refused:
        yield ""
    for line, workload in refused.items():
        yield f"- {workload}: {line}"


def cell(times, column):
    if column not in times:
        return "–"
    return "failed" if times[column] is None else f"{times[column]:.4g}"


def ratio(times):
    best = {side: min((ms for key, ms in times.items() if key.startswith(side) and ms), default=None) for side in ("hebb", "pytorch")}
    return f"{best['pytorch'] / best['hebb']:.2f}" if best["hebb"] and best["pytorch"] else "–"
