/**
 * Child process of the redis-sink bench: `sink`, the product's, or `bare`, the same commands given to the same library, batches of
 * the same size, bodies that are there already.
 */
import { Redis } from 'ioredis';
import { startRedisSink } from '#dist/sinks/redis/sink.js';

export interface BareOrder {
  readonly names: readonly string[];
  readonly body: string;
  readonly updates: number;
}

const BATCH = 512;

const logger = {
  debug: () => {},
  info: () => {},
  warn: (fields: object, message: string) => console.error(message, fields),
  error: (fields: object, message: string) => console.error(message, fields),
};

function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1_000;
}

function sink(root: string, engine: string, url: string): void {
  const config = {
    url,
    depth: 20,
    bookIntervalMs: 0,
    keyExpirySeconds: 300,
    outboxBytesMax: 256 * 2 ** 20,
    streams: [],
    streamLength: 1_000,
    reconnectDelayMs: 100,
    maxReconnectDelayMs: 1_000,
  };
  const running = startRedisSink({ config, venues: ['binance-usdm'], shmRoot: root, engine, logger });
  process.on('message', () => process.send?.({ status: running.status(), cpuNs: cpuNs() }));
}

async function publish(redis: Redis, { names, body, updates }: BareOrder): Promise<void> {
  for (let left = updates * names.length; left > 0; left -= BATCH) {
    const pipeline = redis.pipeline();
    for (let command = 0; command < Math.min(BATCH, left); command += 1)
      pipeline.publish(names[command % names.length] ?? '', body);
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  }
}

async function bare(url: string): Promise<void> {
  const redis = new Redis({ path: new URL(url).pathname, protocol: 2, lazyConnect: true });
  // The server ends first.
  redis.on('error', () => {});
  await redis.connect();
  process.on('message', (order: BareOrder) => {
    const before = cpuNs();
    void publish(redis, order).then(() => process.send?.({ cpuNs: cpuNs() - before }));
  });
}

const [kind = '', root = '', engine = '', url = ''] = process.argv.slice(2);
process.on('disconnect', () => process.exit(0));
if (kind === 'sink') sink(root, engine, url);
else await bare(url);
process.send?.({ isReady: true });
