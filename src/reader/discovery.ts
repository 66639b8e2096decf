/** What is published on this host. */
import { native, ringEngines, ringShards } from '../native/index.js';

/** Where engines publish unless told otherwise. */
export const DEFAULT_ROOT = '/dev/shm/tickring';
/** The engine that is meant unless another is named. */
export const DEFAULT_NAME = 'tickring';

/** Names of the engines that publish, or have published, under a root that this user or root owns. */
export function engines(root: string = DEFAULT_ROOT): string[] {
  return native(() => ringEngines(root));
}

/** Numbers of an engine's shards. */
export function shards(name: string = DEFAULT_NAME, root: string = DEFAULT_ROOT): number[] {
  return native(() => ringShards(root, name));
}
