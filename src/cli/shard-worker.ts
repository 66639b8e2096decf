/** Module of the engine's worker threads: joins the engine with the registry of venues. */
import { runShard, type ShardTask } from '../engine/index.js';
import { venues } from '../venues/index.js';

// biome-ignore lint/style/noDefaultExport: piscina calls the default export of its module.
export default function shardWorker(task: ShardTask): Promise<void> {
  return runShard(task, venues);
}
