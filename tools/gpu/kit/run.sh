#!/bin/sh
# Unpacks this folder and runs every step of tools/gpu/run.py. Needs Python 3.8 and, for the steps that build, nvcc, CMake and a C++ compiler.
#
#   ./run.sh [--help] [--work DIR] [options of run.py]
#
# DIR (default: work, beside this file) keeps what was unpacked and built for the next time.
set -eu
here="$(cd "$(dirname "$0")" && pwd)"
work="$here/work"
if [ "${1:-}" = --work ]; then
  mkdir -p "$2"
  work="$(cd "$2" && pwd)"
  shift 2
fi
python3 "$here/unpack.py" "$here" "$work"
PATH="$work/bin:$PATH"
export PATH
[ -d "$here/data" ] && export HEBB_DATA="$here/data"
[ -d "$work/cache/hebb/cuda-headers" ] && export XDG_CACHE_HOME="$work/cache"
HEBB_COMMIT="$(cat "$here/commit")"
export HEBB_COMMIT
exec python3 "$work/checkout/tools/gpu/run.py" --out "${OUT:-$here/out}" "$@"
