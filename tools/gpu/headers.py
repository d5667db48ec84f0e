"""Finds the headers of cuBLASLt, cuDNN and NVRTC, and prints their folders, separated by semicolons.

    python3 tools/gpu/headers.py [--fetch] [--libraries]

Looks in HEBB_CUDA_INCLUDE, in the toolkit of nvcc, in Hebb's cache, in NVIDIA's wheels of this Python and in the system. cuBLASLt's must be
of the toolkit's major version; of a folder with headers of another toolkit, these alone are taken. With --fetch, what is missing is taken
out of wheels that pip downloads (about 1 GB); only their headers are kept, in the cache. Needs nothing but Python.
With --libraries their libraries (1.7 GB) are taken and kept, too, and a second line names the folder, for HEBB_CUDA_PATH: with them cuDNN and
NVRTC can be asked where there is no GPU. Ends with 3 and says what is missing when a header is not there.
"""

import glob
import hashlib
import os
import re
import shutil
import site
import subprocess
import sys
import tempfile
import zipfile

HEADERS = ["cublasLt.h", "cudnn.h", "nvrtc.h"]
FILES = ["cublas*.h", "cudnn*.h", "nvrtc.h"]


def wheels(major):
    """The wheel of each header for a major version of CUDA."""
    ending = "" if major >= 13 else f"-cu{major}"
    return {"cublasLt.h": f"nvidia-cublas{ending}", "cudnn.h": f"nvidia-cudnn-cu{major}", "nvrtc.h": f"nvidia-cuda-nvrtc{ending}"}


def number(folder, header, name):
    """What a header defines a name as, or None."""
    try:
        with open(os.path.join(folder, header), errors="replace") as file:
            found = re.search(rf"^#define\s+{name}\s+(\d+)", file.read(), re.MULTILINE)
        return int(found[1]) if found else None
    except OSError:
        return None


def nvcc_folder():
    """The toolkit of the nvcc at hand, which may be a script that starts another."""
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        return None
    said = subprocess.run([nvcc, "--dryrun", "-E", "-x", "cu", os.devnull], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    top = re.search(r"^#\$ TOP=(.*)$", said.stdout, re.MULTILINE)
    return os.path.realpath(top[1].strip()) if top else None


def toolkit():
    """The headers of the one toolkit that compiles, or None."""
    for folder in filter(None, [nvcc_folder(), os.environ.get("CUDA_HOME"), os.environ.get("CUDA_PATH"), "/usr/local/cuda"]):
        if os.path.exists(os.path.join(folder, "include", "cuda_runtime_api.h")):
            return os.path.join(folder, "include")
    return None


def cache(kind="headers"):
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "hebb", f"cuda-{kind}")


def folders(own):
    """Where headers may be, in the order of preference."""
    yield from filter(None, os.environ.get("HEBB_CUDA_INCLUDE", "").replace(";", ":").split(":"))
    yield from filter(None, [own])
    yield from sorted(glob.glob(os.path.join(cache(), "nvidia", "*", "include")))
    for packages in [*site.getsitepackages(), site.getusersitepackages()]:
        yield from sorted(glob.glob(os.path.join(packages, "nvidia", "*", "include")))
    yield from ["/usr/include", "/usr/include/x86_64-linux-gnu"]


def fits(folder, header, major):
    """Whether a folder has the header, in a version that compiles with the toolkit."""
    if not os.path.exists(os.path.join(folder, header)):
        return False
    if header == "cublasLt.h":
        return number(folder, "cublas_api.h", "CUBLAS_VER_MAJOR") in (None, major)
    return header != "cudnn.h" or number(folder, "cudnn_version.h", "CUDNN_MAJOR") in (None, 9)


def find(own, major):
    """The folder of each header that is there."""
    found = {}
    for folder in folders(own):
        for header in HEADERS:
            if header not in found and fits(folder, header, major):
                found[header] = folder
    return found


def alone(folder, own):
    """The folder, or where it has the headers of a CUDA runtime that is not the toolkit's, one with links to those that are wanted."""
    if not os.path.exists(os.path.join(folder, "cuda_runtime_api.h")) or (own and os.path.samefile(folder, own)):
        return folder
    links = os.path.join(cache("headers-alone"), hashlib.sha256(os.path.realpath(folder).encode()).hexdigest()[:16])
    shutil.rmtree(links, ignore_errors=True)
    os.makedirs(links)
    for path in [path for pattern in FILES for path in glob.glob(os.path.join(folder, pattern))]:
        os.symlink(os.path.realpath(path), os.path.join(links, os.path.basename(path)))
    return links


def is_header(name):
    return name.endswith((".h", ".hpp")) and "/include/" in name


def is_library(name):
    return ".so" in os.path.basename(name) and "/lib/" in name


def fetch(package, kept):
    """Takes out of one wheel what is kept: pairs of a folder and of what says of a file's name whether it goes there."""
    print(f"fetching the wheel {package}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as downloads:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*pip, "--only-binary=:all:", "--dest", downloads, package], check=True, stdout=sys.stderr)
        for wheel in glob.glob(os.path.join(downloads, "*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                for folder, wanted in kept:
                    archive.extractall(folder, [name for name in archive.namelist() if wanted(name)])


def has_library(header):
    """Whether the cache has the library of a header."""
    name = f"lib{header[:-len('.h')]}.so.*"
    return bool(glob.glob(os.path.join(cache("libraries"), "nvidia", "*", "lib", name)))


def main():
    own = toolkit()
    version = number(own, "cuda_runtime_api.h", "CUDART_VERSION") if own else None
    major = version // 1000 if version else 13
    packages = wheels(major)
    found = find(own, major)
    libraries = "--libraries" in sys.argv[1:]
    if "--fetch" in sys.argv[1:]:
        kept = [(cache(), is_header), *([(cache("libraries"), is_library)] if libraries else [])]
        for header in HEADERS:
            if header in found and (not libraries or has_library(header)):
                continue
            try:
                fetch(packages[header], kept)
            except (OSError, subprocess.CalledProcessError) as error:
                print(f"{packages[header]}: {error}", file=sys.stderr)
        found = find(own, major)
    missing = sorted(set(HEADERS) - found.keys())
    if missing:
        print(f"missing for CUDA {major}: " + ", ".join(f"{header} ({packages[header]})" for header in missing), file=sys.stderr)
        return 3
    print(";".join(dict.fromkeys(alone(folder, own) for folder in found.values())))
    if libraries:
        print(cache("libraries"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
