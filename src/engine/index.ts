export { ControlClient } from './control-client.js';
export { type Engine, type EngineDeps, startEngine } from './engine.js';
export type { Logger } from './log.js';
export { runShard } from './run-shard.js';
export type { ShardTask } from './shard-contract.js';
