"""What run.py knows of the machine it runs on, and how it runs programs there."""

import glob
import os
import shutil
import signal
import site
import subprocess
import sys
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


def output_of(*command):
    """What a program writes; empty where it does not run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.stdout.strip() if done.returncode == 0 else ""
    except (OSError, subprocess.TimeoutExpired):
        return ""


def text_of(*command):
    """All that a program writes, whatever its status; empty where it does not run."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        return done.stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


class Machine:
    def __init__(self, options):
        self.options = options
        self.began = time.monotonic()
        self.out = os.path.abspath(options.out)
        os.makedirs(self.out, exist_ok=True)
        os.environ["PATH"] += os.pathsep + "/usr/local/cuda/bin"
        packages = [*site.getsitepackages(), site.getusersitepackages()]
        os.environ.setdefault("HEBB_CUDA_PATH", ":".join(path for path in packages if os.path.isdir(path)))
        self.build = os.path.join(ROOT, "native", "build", "gpu")
        self.parity = os.path.join(self.build, "test", "parity", "hebb_parity")
        built = os.path.join(self.build, "lib", "libhebb_cuda.so")
        self.builds_engine = not options.engine
        self.engine = os.path.abspath(options.engine) if options.engine else built
        self.node = shutil.which("node")
        self.card = output_of("nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader")
        # Seconds that the step at hand leaves to later ones.
        self.kept = 0
        self.benchmarks = []
        self.refusals = {}

    def elapsed(self):
        return time.monotonic() - self.began

    def left(self):
        return self.options.minutes * 60 - self.kept - self.elapsed()

    def engine_env(self):
        """Programs of Node take this engine for 'cuda'."""
        return {"HEBB_CUDA_LIBRARY": self.engine}

    def cpu_engine(self):
        """The CPU's engine: one that was built here, or the one that travelled."""
        folders = [os.path.join(self.build, "lib"), os.path.join(ROOT, "native", "platform", "linux-x64", "lib")]
        found = [path for folder in folders for path in glob.glob(os.path.join(folder, "libhebb_cpu.so"))]
        return found[0] if found else None

    def run(self, command, log, limit, env=None, cwd=ROOT):
        """Runs a program with its output in a log, which is appended to; its status (124 after `limit` seconds) and that output."""
        path = os.path.join(self.out, f"{log}.log")
        with open(path, "a") as file:
            file.write(f"$ {' '.join(command)}\n")
            file.flush()
            start = file.tell()
            status = wait(command, file, max(1, min(limit, self.left())), {**os.environ, **(env or {})}, cwd)
        with open(path, errors="replace") as file:
            file.seek(start)
            return status, file.read()


def wait(command, file, limit, env, cwd):
    try:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=env, cwd=cwd, start_new_session=True)
    except OSError as error:
        file.write(f"{error}\n")
        return 127
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        # With what it started.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return 124


def python_with_torch():
    """This Python, or the one in PATH, if its torch has CUDA."""
    for python in dict.fromkeys(filter(None, [os.environ.get("HEBB_PYTHON"), sys.executable, shutil.which("python3")])):
        version = output_of(python, "-c", "import torch; print(torch.__version__ if torch.cuda.is_available() else '')")
        if version:
            return python, version
    return None, ""
