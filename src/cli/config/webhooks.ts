/** The callbacks' part of the configuration. */
import { join } from 'node:path';
import type { CallbackConfig, JobsConfig } from '../../model/config.js';
import type { Settings } from './schema.js';

/** Null where they are not enabled. */
export function callbacksOf({ webhooks }: Settings, stateDir: string): CallbackConfig | null {
  if (!webhooks.enabled) return null;
  return {
    keyFile: join(stateDir, 'callback.key'),
    allowHttp: webhooks.allow_http,
    ports: webhooks.ports,
    allowAddresses: webhooks.allow_addresses,
    intervalMs: webhooks.interval_ms,
    backoffMs: webhooks.backoff_ms,
  };
}

/** The same as keys of the file. */
export function webhookSettings({ callbacks }: JobsConfig): object {
  if (callbacks === null) return {};
  const { allowHttp, ports, allowAddresses, intervalMs, backoffMs } = callbacks;
  const times = { interval_ms: intervalMs, backoff_ms: backoffMs };
  return { webhooks: { enabled: true, allow_http: allowHttp, ports, allow_addresses: allowAddresses, ...times } };
}
