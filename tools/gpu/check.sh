#!/usr/bin/env bash
# Builds the CUDA engine and compares it with the CPU's on a machine with an NVIDIA GPU, its driver, nvcc, CMake and Python; needs neither
# Node nor a network. Writes one report, gpu-report.md, into the folder named by OUT, or here.
#
#   tools/gpu/check.sh [rounds]
#
# The CPU's engine is built too where oneDNN is installed (libdnnl-dev); otherwise the one in native/platform/linux-x64/lib is taken, which
# `npm run build` lays there on another machine. HEBB_CUDA_ARCHITECTURES overrides "native", the GPU at hand.
set -u
cd "$(dirname "$0")/../.."
rounds="${1:-40}"
report="${OUT:-.}/gpu-report.md"
build=native/build/gpu
export PATH="$PATH:/usr/local/cuda/bin"
# NVIDIA's wheels in whatever Python is at hand.
export HEBB_CUDA_PATH="${HEBB_CUDA_PATH:-$(python3 -c 'import site; print(":".join(site.getsitepackages()))')}"

fail() {
  echo "$*" | tee -a "$report"
  exit 1
}

{
  echo "# GPU check"
  echo
  echo "- $(date -u +%FT%TZ), commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)"
  echo "- $(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || echo 'nvidia-smi does not run')"
  echo "- $(nvcc --version 2>/dev/null | grep release || echo 'no nvcc')"
} >"$report"

command -v nvcc >/dev/null || fail "CUDA: no nvcc found"
headers="$(python3 tools/gpu/headers.py)" || fail "CUDA: NVIDIA's headers were not found"

cpu=OFF
[ -e /usr/include/dnnl.h ] || [ -e /usr/local/include/dnnl.h ] && cpu=ON
reference=native/platform/linux-x64/lib/libhebb_cpu.so
[ "$cpu" = ON ] && reference="$build/lib/libhebb_cpu.so"

began=$(date +%s)
cmake -S native -B "$build" -DHEBB_ADDON=OFF -DHEBB_CPU="$cpu" -DHEBB_CUDA=ON -DHEBB_PARITY=ON "-DHEBB_CUDA_INCLUDE=$headers" \
  "-DCMAKE_CUDA_ARCHITECTURES=${HEBB_CUDA_ARCHITECTURES:-native}" || fail "the configuration failed"
cmake --build "$build" --parallel "$(nproc)" || fail "the build failed"
echo "- built in $(($(date +%s) - began)) s" >>"$report"

[ -e "$reference" ] || fail "no CPU engine to compare with: install libdnnl-dev, or bring $reference"
echo >>"$report"
"$build/test/parity/hebb_parity" "$reference" "$build/lib/libhebb_cuda.so" --rounds "$rounds" 2>&1 | tee -a "$report"
status=${PIPESTATUS[0]}
echo "report: $report"
exit "$status"
