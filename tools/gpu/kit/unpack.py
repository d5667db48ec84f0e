"""unpack.py KIT WORK: unpacks Node into WORK/bin, the checkout into WORK/checkout and NVIDIA's headers into WORK/cache; what was
unpacked before is left alone, so that builds in it stay. Needs nothing but Python."""

import contextlib
import lzma
import os
import shutil
import sys
import tarfile


def stamp(path):
    found = os.stat(path)
    return f"{found.st_size} {int(found.st_mtime)}"


@contextlib.contextmanager
def once(path, work):
    """Whether this archive is still to be unpacked here; notes that it was."""
    note = os.path.join(work, os.path.basename(path) + ".stamp")
    if os.path.exists(note) and open(note).read() == stamp(path):
        yield False
        return
    yield True
    with open(note, "w") as file:
        file.write(stamp(path))


def unpack_tar(path, target):
    with tarfile.open(path) as archive:
        # Files of a kit that was packed here are to be trusted; links to workspaces point up and are refused by stricter filters.
        if hasattr(tarfile, "fully_trusted_filter"):
            archive.extraction_filter = tarfile.fully_trusted_filter
        archive.extractall(target)


def unpack_program(path, target):
    with lzma.open(path) as packed, open(target + ".new", "wb") as program:
        shutil.copyfileobj(packed, program, 1 << 20)
    os.chmod(target + ".new", 0o755)
    os.replace(target + ".new", target)


def main():
    kit, work = sys.argv[1:]
    os.makedirs(os.path.join(work, "bin"), exist_ok=True)
    for name, unpack, target in [
        ("node.xz", unpack_program, "bin/node"),
        ("checkout.tar.xz", unpack_tar, "checkout"),
        ("headers.tar.xz", unpack_tar, "cache/hebb/cuda-headers"),
    ]:
        path = os.path.join(kit, name)
        if not os.path.exists(path):
            continue
        with once(path, work) as needed:
            if needed:
                unpack(path, os.path.join(work, target))


if __name__ == "__main__":
    main()
