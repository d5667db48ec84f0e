"""Finds the headers of cuBLASLt, cuDNN and NVRTC, and prints their folders, separated by semicolons.

    python3 tools/gpu/headers.py [--fetch]

Looks in HEBB_CUDA_INCLUDE, in Hebb's cache, in NVIDIA's wheels of this Python and in installed toolkits. With --fetch, what is
missing is taken out of wheels that pip downloads (about 1 GB); only their headers are kept, in the cache. Needs nothing but Python.
Ends with 3 and says what is missing when a header is not there.
"""

import glob
import os
import site
import subprocess
import sys
import tempfile
import zipfile

WANTED = {
    "cublasLt.h": "nvidia-cublas",
    "cudnn.h": "nvidia-cudnn-cu13",
    "nvrtc.h": "nvidia-cuda-nvrtc",
}


def cache():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "hebb", "cuda-headers")


def folders():
    """Where headers may be, in the order of preference."""
    yield from filter(None, os.environ.get("HEBB_CUDA_INCLUDE", "").replace(";", ":").split(":"))
    yield from sorted(glob.glob(os.path.join(cache(), "nvidia", "*", "include")))
    for packages in [*site.getsitepackages(), site.getusersitepackages()]:
        yield from sorted(glob.glob(os.path.join(packages, "nvidia", "*", "include")))
    for toolkit in filter(None, [os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), "/usr/local/cuda"]):
        yield os.path.join(toolkit, "include")
    yield from ["/usr/include", "/usr/include/x86_64-linux-gnu"]


def find():
    """The folder of each header that is there."""
    found = {}
    for folder in folders():
        for header in WANTED:
            if header not in found and os.path.exists(os.path.join(folder, header)):
                found[header] = folder
    return found


def fetch(package):
    """Keeps the headers of one wheel, and nothing else of it."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--only-binary=:all:", "--dest", folder, package], check=True, stdout=sys.stderr)
        for wheel in glob.glob(os.path.join(folder, "*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                names = [name for name in archive.namelist() if name.endswith((".h", ".hpp")) and "/include/" in name]
                archive.extractall(cache(), names)


def main():
    found = find()
    if "--fetch" in sys.argv[1:]:
        for header in sorted(WANTED.keys() - found.keys()):
            print(f"fetching {header} from the wheel {WANTED[header]}", file=sys.stderr)
            try:
                fetch(WANTED[header])
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"{WANTED[header]}: {error}", file=sys.stderr)
        found = find()
    missing = sorted(WANTED.keys() - found.keys())
    if missing:
        print("missing " + ", ".join(f"{header} ({WANTED[header]})" for header in missing), file=sys.stderr)
        return 3
    print(";".join(dict.fromkeys(found.values())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
