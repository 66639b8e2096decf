/** Budgets that all engines of the host share, by the venue's host. */
import { createHash } from 'node:crypto';
import { HostBudget, native } from '../native/index.js';
import type { Logger } from './log.js';

/** Longest key, and how much of a longer one is kept before its digest. */
const KEY_MAX = 64;
const KEY_KEPT = 50;
const DIGEST_KEPT = 12;

/** A venue's limits are those of a host name and port. */
function keyOf(kind: string, url: string): string {
  const key = `${kind}-${new URL(url).host.replaceAll(/[^a-zA-Z0-9.-]/g, '_')}`;
  if (key.length <= KEY_MAX) return key;
  return `${key.slice(0, KEY_KEPT)}-${createHash('sha256').update(key).digest('hex').slice(0, DIGEST_KEPT)}`;
}

/**
 * The host's budget of a kind for this address. Where the file cannot be used the log says so, and this process counts alone: a
 * feed is worth more than the certainty that others on the host know of it.
 */
export function openHostBudget(
  root: string,
  kind: 'rest' | 'connect',
  url: string,
  windowMs: number,
  logger: Logger,
): HostBudget {
  const key = keyOf(kind, url);
  try {
    return native(() => new HostBudget(root, key, windowMs));
  } catch (error) {
    const reason = (error as Error).message;
    logger.error({ key, reason }, 'the budget is not shared with other processes of the host');
    return native(() => new HostBudget(undefined, key, windowMs));
  }
}
