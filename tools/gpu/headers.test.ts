import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let root: string;
const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hebb-headers-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text = ''): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** A toolkit, which may lack libraries. */
function putToolkit(version: number): void {
  put('toolkit/include/cuda_runtime_api.h', `#define CUDART_VERSION  ${version}\n`);
}

function putCublas(folder: string, major: number): void {
  put(`${folder}/cublasLt.h`);
  put(`${folder}/cublas_api.h`, `#define CUBLAS_VER_MAJOR ${major}\n`);
}

function putCudnn(folder: string): void {
  put(`${folder}/cudnn.h`);
  put(`${folder}/cudnn_version.h`, '#define CUDNN_MAJOR 9\n');
}

/** What headers.py says, with paths from `root`: no nvcc is found in PATH. */
function run(): { status: number | null; folders: string[]; problem: string } {
  const { status, stdout, stderr } = spawnSync(python, [join(import.meta.dirname, 'headers.py')], {
    encoding: 'utf8',
    env: { PATH: '', CUDA_HOME: join(root, 'toolkit'), XDG_CACHE_HOME: join(root, 'cache') },
  });
  return { status, folders: stdout.trim().replaceAll(`${root}/`, '').split(';'), problem: stderr };
}

const cache = 'cache/hebb/cuda-headers/nvidia';

it('takes what the toolkit has from there, and cuDNN from a wheel', () => {
  putToolkit(12080);
  putCublas('toolkit/include', 12);
  put('toolkit/include/nvrtc.h');
  putCublas(`${cache}/cu13/include`, 13);
  put(`${cache}/cu13/include/nvrtc.h`);
  putCudnn(`${cache}/cudnn/include`);
  expect(run()).toMatchObject({ status: 0, folders: ['toolkit/include', `${cache}/cudnn/include`] });
});

it("refuses cuBLASLt's headers of another major version, and names the wheel that would do", () => {
  putToolkit(12080);
  putCublas(`${cache}/cu13/include`, 13);
  put(`${cache}/cu13/include/nvrtc.h`);
  putCudnn(`${cache}/cudnn/include`);
  const refused = run();
  expect(refused.status).toBe(3);
  expect(refused.problem).toContain('missing for CUDA 12: cublasLt.h (nvidia-cublas-cu12)');
  putCublas(`${cache}/cublas/include`, 12);
  expect(run().folders).toContain(`${cache}/cublas/include`);
});

it("links to the wanted headers alone where a wheel's folder holds a runtime of its own", () => {
  putToolkit(13000);
  putCublas(`${cache}/cu13/include`, 13);
  for (const header of ['nvrtc.h', 'cuda_runtime_api.h', 'cuda_fp16.h']) put(`${cache}/cu13/include/${header}`);
  putCudnn(`${cache}/cudnn/include`);
  const { status, folders } = run();
  expect(status).toBe(0);
  expect(folders[0]).toMatch(/^cache\/hebb\/cuda-headers-alone\//);
  expect(readdirSync(join(root, folders[0])).sort()).toEqual(['cublasLt.h', 'cublas_api.h', 'nvrtc.h']);
});
