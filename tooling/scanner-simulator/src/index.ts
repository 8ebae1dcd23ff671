export { type Fault, type Rule, type When } from './script.ts'
export {
  startSimulator,
  type RecordedRequest,
  type Simulator,
  type SimulatorOptions,
} from './simulator.ts'
export { universeOfMarket, type Cell, type Universe, type UniverseEntry } from './universe.ts'
export { createVirtualTime, type VirtualTime } from './virtual-time.ts'
