/** Saving and loading tensors, weights and optimizer state. */
export type { ContainerHeader, Section, TensorInfo } from './header.js';
export { inspect, type LoadTensorsOptions, loadTensors, type NamedValues, saveTensors } from './tensors.js';
export {
  type HasVariables,
  type LoadWeightsOptions,
  loadWeights,
  type SavableOptimizer,
  type SaveWeightsOptions,
  saveWeights,
} from './weights.js';
export type { SaveOptions } from './write.js';
