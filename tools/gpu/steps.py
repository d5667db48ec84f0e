"""The steps of run.py. Each returns what it found, or raises Skipped (something is not here), Failed or TimedOut."""

import glob
import json
import os
import re
import shutil
import sys

from benchmarks import run_benchmarks
from machine import ROOT, output_of, text_of


class Skipped(Exception):
    pass


class Failed(Exception):
    pass


class TimedOut(Exception):
    pass


def need(condition, what):
    if not condition:
        raise Skipped(what)


def need_engine(machine):
    need(os.path.exists(machine.engine), "no engine was built")


def need_node(machine):
    need_engine(machine)
    need(machine.node, "no Node")


def need_card(machine):
    need(machine.card, "no GPU")


def check(status, text, log, what="it"):
    """The last words of a program that failed are its log's, which is named."""
    if status == 124:
        raise TimedOut(f"{what} did not end in time, see {log}.log")
    if status != 0:
        last = text.strip().split("\n")[-1][:200]
        raise Failed(f"{what} ended with {status}: {last} (see {log}.log)")


def architectures():
    """Of the cards here: CMake's "native" is younger than the CMake that the engine wants. All that are built for, where no card tells."""
    cards = output_of("nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader").split()
    known = sorted({card.replace(".", "") for card in cards if re.fullmatch(r"[0-9]+\.[0-9]+", card)})
    return ";".join(f"{card}-real" for card in known) or "80-real;90-real;90-virtual"


def build(machine):
    need(machine.builds_engine, "an engine was named")
    need(shutil.which("nvcc"), "no nvcc")
    need(shutil.which("cmake"), "no CMake")
    headers = output_of(sys.executable, os.path.join(ROOT, "tools", "gpu", "headers.py"))
    need(headers, "NVIDIA's headers were not found: python3 tools/gpu/headers.py says which")
    onednn = any(os.path.exists(path) for path in ("/usr/include/dnnl.h", "/usr/local/include/dnnl.h"))
    brought = os.path.exists(os.path.join(ROOT, "native", "platform", "linux-x64", "lib", "libhebb_cpu.so"))
    configure = [
        *["cmake", "-S", "native", "-B", machine.build, "-DHEBB_ADDON=OFF", "-DHEBB_CUDA=ON", "-DHEBB_PARITY=ON"],
        f"-DHEBB_CPU={'ON' if onednn and not brought else 'OFF'}",
        f"-DHEBB_CUDA_INCLUDE={headers}",
        f"-DCMAKE_CUDA_ARCHITECTURES={os.environ.get('HEBB_CUDA_ARCHITECTURES') or architectures()}",
        # The compilers of that machine may warn of what others do not.
        "-DHEBB_WERROR=OFF",
    ]
    check(*machine.run(configure, "build", 60), "build", "the configuration")
    cores = str(len(os.sched_getaffinity(0)))
    check(*machine.run(["cmake", "--build", machine.build, "--parallel", cores], "build", 240), "build", "the build")
    return f"{output_of('nvcc', '--version').split(chr(10))[-1]}, {cores} cores"


def parity(machine):
    need_engine(machine)
    need(os.path.exists(machine.parity), "hebb_parity was not built")
    need(machine.cpu_engine(), "no CPU engine to compare with")
    command = [machine.parity, machine.cpu_engine(), machine.engine, "--rounds", str(machine.options.rounds)]
    status, text = machine.run(command, "parity", 90)
    need(status != 77, text.strip().split("\n")[-1])
    return parity_table(status, text, "parity")


def parity_table(status, text, log):
    rows = [[cell.strip() for cell in line.split("|")] for line in text.split("\n") if re.match(r"\| \w+ \| \d", line)]
    cases, wrong = sum(int(row[2]) for row in rows), [row[1] for row in rows if row[3] != "0"]
    found = f"{len(rows)} ops, {cases} cases, failed: {', '.join(wrong) or 'none'}"
    if status == 124:
        last = f" (the last: {rows[-1][1]})" if rows else ""
        raise TimedOut(f"{found} until the time was over{last}, see {log}.log")
    if status != 0:
        raise Failed(f"{found}, status {status}, see {log}.log")
    return found


def vitest(machine, log, limit, *arguments):
    """Runs TypeScript's tests; how many passed, failed and were skipped."""
    need_node(machine)
    result = os.path.join(machine.out, f"{log}.json")
    if os.path.exists(result):
        os.remove(result)
    workers = str(max(1, min(8, len(os.sched_getaffinity(0)) // 2)))
    command = [machine.node, "node_modules/vitest/vitest.mjs", "run", *arguments, "--reporter=default", "--reporter=json"]
    status, text = machine.run([*command, f"--outputFile.json={result}", f"--maxWorkers={workers}"], log, limit, machine.engine_env())
    if not os.path.exists(result):
        check(status or 1, text, log, "vitest")
    with open(result) as file:
        tests = json.load(file)
    reason = re.search(r"cuda: tests skipped: (.*)", text)
    need(not reason, reason and reason[1])
    found = f"{tests['numPassedTests']} passed, {tests['numFailedTests']} failed"
    if status != 0 or tests["numPassedTests"] == 0:
        wrong = [suite["name"] for suite in tests["testResults"] if suite["status"] == "failed"]
        raise Failed(f"{found}: {', '.join(os.path.relpath(name, ROOT) for name in wrong[:9])} (see {log}.log)")
    return found


def ops(machine):
    """Every golden case of every op, in the dtypes of its test."""
    return vitest(machine, "ops", 120, "packages", "-t", "on cuda")


def devices(machine):
    """Placement, transfers, training compiled and eager, small steps in one launch, files."""
    return vitest(machine, "devices", 120, "devices.test", "core/device.test", "ops/to.test", "gathered.test")


def last_json(text):
    lines = [line for line in text.split("\n") if line.startswith("{")]
    if not lines:
        raise Failed("gave no figures")
    return json.loads(lines[-1])


def data(*names):
    path = os.path.join(os.environ.get("HEBB_DATA") or os.path.join(ROOT, "data"), *names)
    need(os.path.exists(path), f"no {'/'.join(names)} in HEBB_DATA")
    return path


def lenet(machine):
    need_node(machine)
    need_card(machine)
    data("mnist")
    program = os.path.join(ROOT, "examples", "lenet", "dist", "main.js")
    status, text = machine.run([machine.node, program, "--device", "cuda", "--json"], "lenet", 90, machine.engine_env(), machine.out)
    check(status, text, "lenet")
    figures = last_json(text)
    accuracy, epoch = figures["testAccuracy"], figures["trainSeconds"] / figures["epochs"]
    found = f"{accuracy:.2%} after {figures['epochs']} epochs of {epoch:.2f} s"
    if figures["dataset"] != "mnist" or accuracy < 0.99:
        raise Failed(f"{found}, expected 99 % of MNIST")
    return found


def charlm(machine):
    need_node(machine)
    need_card(machine)
    text_file = data("text", "tinyshakespeare.txt")
    command = [machine.node, os.path.join(ROOT, "tools", "gpu", "charlm.mjs"), text_file, "--device", "cuda"]
    status, text = machine.run(command, "charlm", 60, machine.engine_env())
    check(status, text, "charlm")
    figures = last_json(text)
    found = f"loss {figures['first']:.2f} → {figures['last']:.2f} in {figures['steps']} steps, {figures['seconds']:.1f} s"
    # Who knows only the letter before gets to 2.45 in this text.
    if not figures["last"] < 2:
        raise Failed(f"{found}, expected less than 2")
    return found


def sanitizer(tool):
    def step(machine):
        need_engine(machine)
        need_card(machine)
        need(os.path.exists(machine.parity), "hebb_parity was not built")
        program = shutil.which("compute-sanitizer")
        need(program, "no compute-sanitizer")
        # Kernels of ours alone: those of NVIDIA's libraries take most of the time, and are not ours to mend.
        ours = ["--kernel-regex", "kns=hebb"] if "--kernel-regex" in text_of(program, "--help") else []
        # The engine looks at what calls return itself; the runtime and the libraries ask for what a driver may lack, and go on.
        command = [program, "--tool", tool, *ours, "--report-api-errors", "no", "--error-exitcode", "9"]
        command += [machine.parity, machine.cpu_engine(), machine.engine]
        # Each block an allocation of its own, so that what reaches past one is seen.
        status, text = machine.run([*command, "--rounds", "1"], tool, 100, {"HEBB_CUDA_POOL": "0"})
        summary = re.findall(r"(?:ERROR|RACECHECK) SUMMARY: (.*)", text)
        said = summary[-1] if summary else "no summary"
        if status == 9:
            raise Failed(f"{said}, see {tool}.log")
        # A tool that is killed has no summary, but tells of errors when they happen.
        if status == 124 and (errors := re.findall(r"^========= (?:Invalid|Error|Race).*$", text, re.MULTILINE)):
            raise Failed(f"{errors[0][10:]}, and more until the time was over, see {tool}.log")
        return f"{parity_table(status, text, tool)}; {said}"

    return step


def bench(machine):
    need_node(machine)
    need_card(machine)
    return run_benchmarks(machine)


STEPS = {
    "build": build,
    "parity": parity,
    "ops": ops,
    "devices": devices,
    "lenet": lenet,
    "charlm": charlm,
    "memcheck": sanitizer("memcheck"),
    "racecheck": sanitizer("racecheck"),
    "bench": bench,
}
QUICK = ["build", "parity", "ops"]
# Seconds: Hebb's side of every workload, without PyTorch's autotuning.
FOR_BENCH = 150


def kept_for_later(name, machine):
    """Seconds of the whole that a step leaves to the benchmarks; they would measure nothing without the build."""
    waits = "bench" in machine.options.steps and name not in ("build", "bench")
    return min(FOR_BENCH, machine.options.minutes * 20) if waits else 0


def run_step(name, machine):
    """Whether the step passed, and what it found."""
    machine.kept = kept_for_later(name, machine)
    if machine.left() < 5:
        return "skipped", "no time was left" + (f", {machine.kept:.0f} s kept for bench" if machine.kept else "")
    for old in glob.glob(os.path.join(machine.out, f"{name}.log")):
        os.remove(old)
    try:
        return "passed", STEPS[name](machine)
    except Skipped as reason:
        return "skipped", str(reason)
    except TimedOut as reason:
        return "timed out", str(reason)
    except Failed as reason:
        return "failed", str(reason)
    except Exception as error:  # A step that breaks must not stop the next.
        return "failed", f"{type(error).__name__}: {error}"
