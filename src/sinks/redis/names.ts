/** Under which names an instrument is told. */
import type { RedisTopic } from '../../model/config.js';

/** Where gaps are told. */
export const GAPS = 'gaps';

/** Channel, or key. */
export function nameOf(topic: RedisTopic, suffix: string): string {
  return `${topic}:${suffix}`;
}

export function streamOf(channel: string): string {
  return `stream:${channel}`;
}
