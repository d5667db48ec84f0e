import { spawn } from 'node:child_process';
import { HebbError } from 'hebb';

/** What a finished process wrote. */
interface Output {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  /** Milliseconds from the start to the first output. */
  readonly firstOutput: number;
}

/** As it was at the start: an engine that this process opens sets libgomp's waits, which PyTorch must not inherit. */
const environment = { ...process.env };

/** Runs a program to its end, with variables added to the environment. @throws HebbError `argument` when it cannot start. */
export function runProcess(command: string, args: readonly string[], env: Record<string, string> = {}): Promise<Output> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let [stdout, stderr, firstOutput] = ['', '', NaN];
    const child = spawn(command, args, { env: { ...environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => {
      if (stdout === '') firstOutput = performance.now() - began;
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', (error) => reject(new HebbError('argument', `bench: cannot run ${command}: ${error.message}.`)));
    child.on('close', (status) => resolve({ stdout, stderr, status, firstOutput }));
  });
}

/** The last lines of what a failed process said. */
export function lastWords({ stderr, status }: Output): string {
  return stderr.trim().split('\n').slice(-5).join('\n') || `it ended with status ${status}`;
}
