import { type Engine, loadEngine } from '@hebb/native';
import type { Backend, Binding, Bytes, DeviceInfo, Done, MemoryInfo, Operand, Program, ProgramOperand } from './backend.js';
import type { Device } from './device.js';
import { DTYPE_CODES } from './dtype.js';
import { type ErrorCode, HebbError } from './errors.js';
import { Flights } from './flights.js';
import type { Shape } from './shape.js';

const CPU = 0;
/** Not asked for yet, or not available. */
const NONE = -1;

/** The C++ engine behind the Backend interface: writes command words, and turns its errors into HebbError. */
export class NativeBackend implements Backend {
  readonly kernels: readonly string[];
  private readonly engine: Engine;
  private readonly words: Float64Array;
  private readonly flights: Flights;
  private cuda = NONE;

  constructor() {
    this.engine = loadEngine();
    this.words = this.engine.words;
    this.flights = new Flights(this.engine.addon, (error) => fromEngine('step', error));
    this.kernels = this.engine.addon.ops(CPU);
  }

  get devices(): readonly DeviceInfo[] {
    return this.engine.devices;
  }

  run(
    kernel: number,
    inputs: readonly Operand[],
    outputs: readonly Operand[],
    attributes: readonly number[],
    inputShapes?: readonly Shape[],
    outputShapes?: readonly Shape[],
  ): void {
    const words = this.words;
    words[1] = kernel;
    const { device } = outputs[0];
    words[2] = device === 'cpu' ? CPU : this.numberOf(device, this.kernels[kernel]);
    words[3] = outputs.length;
    words[4] = inputs.length;
    words[5] = attributes.length;
    let at = 6;
    for (let i = 0; i < outputs.length; i++) at = writeOperand(words, at, outputs[i], outputShapes?.[i] ?? outputs[i].shape);
    for (let i = 0; i < inputs.length; i++) at = writeOperand(words, at, inputs[i], inputShapes?.[i] ?? inputs[i].shape);
    for (let i = 0; i < attributes.length; i++) words[at++] = attributes[i];
    words[0] = at;
    if (at > words.length) throw tooManyWords(this.kernels[kernel], at, words.length);
    try {
      this.engine.addon.run();
    } catch (error) {
      throw fromEngine(this.kernels[kernel], error);
    }
    at = 6;
    for (let i = 0; i < outputs.length; i++) {
      outputs[i].handle = words[at];
      at += 3 + words[at + 2];
    }
  }

  register(program: Program): number {
    const words = [program.slots, program.arenaBytes, program.commands.length];
    for (const { kernel, inputs, outputs, attributes } of program.commands) {
      words.push(kernel, outputs.length, inputs.length, attributes.length);
      for (const operand of outputs) pushOperand(words, operand);
      for (const operand of inputs) pushOperand(words, operand);
      for (const attribute of attributes) words.push(attribute);
    }
    try {
      return this.engine.addon.registerProgram(this.numberOf(program.device, 'compile'), Float64Array.from(words));
    } catch (error) {
      throw fromEngine('compile', error);
    }
  }

  replay(program: number, binding: Binding, spent?: Float64Array): void {
    this.flights.drain();
    this.writeBinding(binding);
    try {
      if (spent) this.engine.addon.runProgram(program, spent);
      else this.engine.addon.runProgram(program);
    } catch (error) {
      throw fromEngine('step', error);
    }
  }

  begin(program: number, binding: Binding, done: Done): void {
    this.flights.begin(() => {
      this.writeBinding(binding);
      try {
        return this.engine.addon.beginProgram(program);
      } catch (error) {
        throw fromEngine('step', error);
      }
    }, done);
  }

  inFlight(): number {
    return this.flights.count;
  }

  makeRoom(): void {
    this.flights.makeRoom();
  }

  drain(): void {
    this.flights.drain();
  }

  ready(handle: number): Promise<void> | undefined {
    if (this.flights.count === 0) return undefined;
    const ticket = this.engine.addon.writer(handle);
    return ticket === 0 ? undefined : this.flights.ended(ticket);
  }

  private writeBinding({ handles, offsets }: Binding): void {
    const { words } = this;
    if (2 * handles.length + 1 > words.length) throw tooManyWords('step', 2 * handles.length + 1, words.length);
    words[0] = handles.length;
    for (let i = 0; i < handles.length; i++) {
      words[2 * i + 1] = handles[i];
      words[2 * i + 2] = offsets ? offsets[i] : 0;
    }
  }

  unregister(program: number): void {
    this.engine.addon.releaseProgram(program);
  }

  allocate(bytes: number, device: Device): number {
    const number = this.numberOf(device, 'allocate');
    try {
      return this.engine.addon.allocate(number, bytes);
    } catch (error) {
      throw fromEngine('allocate', error);
    }
  }

  references(handle: number): number {
    return this.engine.addon.references(handle);
  }

  upload(bytes: Bytes, device: Device): number {
    const number = this.numberOf(device, 'tensor');
    try {
      return this.engine.addon.create(number, bytes);
    } catch (error) {
      throw fromEngine('tensor', error);
    }
  }

  copy(handle: number, device: Device): number {
    const number = this.numberOf(device, 'to');
    try {
      return this.engine.addon.copy(handle, number);
    } catch (error) {
      throw fromEngine('to', error);
    }
  }

  read(handle: number, target: Bytes): void {
    try {
      this.engine.addon.read(handle, target);
    } catch (error) {
      throw fromEngine('data', error);
    }
  }

  retain(handle: number): void {
    if (!this.engine.addon.retain(handle)) throw new HebbError('disposed', 'The memory of this tensor was freed already.');
  }

  release(handle: number): void {
    this.engine.addon.release(handle);
  }

  watch(handle: number, bytes: number): unknown {
    return this.engine.gc.attach(this.engine.gcHooks, handle, bytes);
  }

  rewatch(token: unknown, handle: number, bytes: number): void {
    this.engine.gc.update(token, handle, bytes);
  }

  memory(device: Device): MemoryInfo {
    return this.engine.addon.memory(this.numberOf(device, 'memory'));
  }

  setMemoryBudget(bytes: number, device: Device): void {
    this.engine.addon.configure(this.numberOf(device, 'setMemoryBudget'), 'budget', bytes);
  }

  resetPeakMemory(device: Device): void {
    this.engine.addon.configure(this.numberOf(device, 'resetPeakMemory'), 'resetPeak');
  }

  trimMemory(device: Device): void {
    this.engine.addon.configure(this.numberOf(device, 'trimMemory'), 'trim');
  }

  threads(): number {
    return this.engine.addon.configure(CPU, 'threads', 0);
  }

  setThreads(count: number): void {
    this.engine.addon.configure(CPU, 'threads', count);
  }

  /** A device as commands name it. The first time that a GPU is asked for, its library is opened. */
  private numberOf(device: Device, where: string): number {
    if (device === 'cpu') return CPU;
    if (this.cuda === NONE) this.cuda = this.openCuda(where);
    return this.cuda;
  }

  private openCuda(where: string): number {
    const number = this.engine.open('cuda');
    if (number === undefined) throw unavailable(where, 'cuda', this.devices);
    if (this.engine.addon.ops(number).join() !== this.kernels.join())
      throw new HebbError('unsupported', `${where}: the CUDA engine has other ops than the CPU's: install both in one version.`);
    return number;
  }
}

export function unavailable(where: string, device: Device, devices: readonly DeviceInfo[]): HebbError {
  const detail = devices.find(({ name }) => name === device)?.detail ?? 'this backend has no such device';
  return new HebbError('unsupported', `${where}: the device ${device} is not available: ${detail}.`);
}

function writeOperand(words: Float64Array, at: number, operand: Operand, shape: Shape): number {
  words[at] = operand.handle;
  words[at + 1] = DTYPE_CODES[operand.dtype];
  words[at + 2] = shape.length;
  at += 3;
  for (let i = 0; i < shape.length; i++) words[at++] = shape[i];
  return at;
}

function pushOperand(words: number[], { slot, offset = 0, dtype, shape }: ProgramOperand): void {
  words.push(slot ?? -1 - offset, DTYPE_CODES[dtype], shape.length, ...shape);
}

function fromEngine(op: string, error: unknown): HebbError {
  const { code, message } = error as { code?: string; message: string };
  const text = message.startsWith(`${op}:`) ? message : `${op}: ${message}`;
  return new HebbError((code ?? 'internal') as ErrorCode, text, { cause: error });
}

function tooManyWords(op: string, needed: number, most: number): HebbError {
  return new HebbError(
    'unsupported',
    `${op}: it takes ${needed} words and the most is ${most}; use fewer operands, or a smaller unroll.`,
  );
}
