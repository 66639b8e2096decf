/** The Redis sink's part of the configuration. */
import type { JobsConfig, RedisConfig } from '../../model/config.js';
import { TickringError } from '../../model/errors.js';
import { hideSecrets } from './problems.js';
import type { Settings } from './schema.js';
import type { Layers } from './source.js';

/** Null without `redis_url`. */
export function redisOf(settings: Settings, layers: Layers, warnings: string[]): RedisConfig | null {
  const { redis_url: url, redis } = settings;
  if (url === undefined) {
    if (layers.get(['redis']) !== undefined)
      warnings.push(`${layers.originOf(['redis'])}: redis has no effect without redis_url`);
    return null;
  }
  const { password, username, protocol } = new URL(url);
  const refuse = (key: 'password_file' | 'username' | 'ca_file', why: string): never => {
    throw new TickringError('CONFIG_INVALID', `${layers.originOf(['redis', key])}: redis.${key} ${why}`);
  };
  if (redis.password_file !== undefined && password !== '') refuse('password_file', 'and redis_url both give a password');
  if (redis.username !== undefined && username !== '') refuse('username', 'and redis_url both give a user');
  if (redis.ca_file !== undefined && protocol !== 'rediss:') refuse('ca_file', 'is for redis_url rediss://');
  return {
    url,
    ...(redis.username === undefined ? {} : { username: redis.username }),
    ...(redis.password_file === undefined ? {} : { passwordFile: redis.password_file }),
    ...(redis.ca_file === undefined ? {} : { caFile: redis.ca_file }),
    depth: settings.order_book_depth,
    bookIntervalMs: redis.book_interval_ms,
    keyExpirySeconds: redis.key_expiry_s,
    outboxBytesMax: redis.outbox_bytes,
    streams: redis.streams,
    streamLength: redis.stream_length,
    reconnectDelayMs: settings.reconnect_delay_ms,
    maxReconnectDelayMs: settings.max_reconnect_delay_ms,
  };
}

/** The same as it may be shown: keys of the file, secrets hidden. */
export function redisSettings({ primaryVenue, redis }: JobsConfig): object {
  const primary = primaryVenue === null ? {} : { primary_venue: primaryVenue };
  if (redis === null) return primary;
  return {
    ...primary,
    redis_url: hideSecrets(redis.url),
    redis: {
      ...(redis.username === undefined ? {} : { username: redis.username }),
      ...(redis.passwordFile === undefined ? {} : { password_file: redis.passwordFile }),
      ...(redis.caFile === undefined ? {} : { ca_file: redis.caFile }),
      book_interval_ms: redis.bookIntervalMs,
      key_expiry_s: redis.keyExpirySeconds,
      outbox_bytes: redis.outboxBytesMax,
      streams: redis.streams,
      stream_length: redis.streamLength,
    },
  };
}
