export type { Addon, DeviceReport, Engine, GcAddon, MemoryInfo } from './engine.js';
export { EngineLoadError, loadEngine } from './loader.js';
