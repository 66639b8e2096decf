import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JournalReplay } from '#dist/native/index.js';
import { eventually, run } from '../cli/program.js';
import { Product } from './product.js';

let product: Product;
let stateDir: string;
beforeEach(() => {
  product = new Product();
  stateDir = mkdtempSync(join(tmpdir(), 'tickring-file-sink-'));
});
afterEach(async () => {
  await product.remove();
  rmSync(stateDir, { recursive: true, force: true });
});

interface Health {
  readonly sinks: readonly { readonly sink: string; readonly connected: boolean; readonly lag_inputs: number | null }[];
}

test('start: a file sink that is configured writes lines, and its lag is in /health, /metrics and journal ls', async () => {
  const env = { TICKRING_FILE_SINK_ENABLED: 'true', TICKRING_STATE_DIR: stateDir, TICKRING_SHARDS: '2' };
  const program = product.start(env);
  const url = await product.url(program);
  await product.inSync();
  const health = await eventually('the sink is well', async () => {
    const answer = (await (await fetch(new URL('/health', url))).json()) as Health;
    return answer.sinks.some(({ sink, connected, lag_inputs: lag }) => sink === 'file' && connected && lag !== null) && answer;
  });
  expect(health.sinks).toHaveLength(1);
  const metrics = await (await fetch(new URL('/metrics', url))).text();
  for (const shard of [0, 1])
    expect(metrics).toMatch(new RegExp(`^tickring_sink_lag_inputs{sink="file",shard="${shard}"} \\d`, 'm'));
  expect(metrics).toMatch(/^tickring_sink_connected\{sink="file"\} 1$/m);
  const text = await eventually('a cursor is listed', async () => {
    const { stdout } = await run(['journal', 'ls', join(stateDir, 'journal')]);
    return stdout.match(/sink file has inputs up to [1-9]\d* /g)?.length === 2 && stdout;
  });
  expect(text).toContain('and needs those from');

  program.kill('SIGTERM');
  expect((await program.ended).code).toBe(0);
  // All that the journal gives is there, to the last event.
  for (const shard of [0, 1]) {
    const folder = join(stateDir, 'events', `shard-${shard}`);
    const lines = readdirSync(folder).flatMap((file) => readFileSync(join(folder, file), 'utf8').trimEnd().split('\n'));
    const replay = new JournalReplay({ folder: join(stateDir, 'journal', `shard-${shard}`), salvage: false });
    const { events } = replay.run(2n ** 64n - 1n, 2 ** 31);
    replay.close();
    expect(lines.length).toBe(events);
    expect(events).toBeGreaterThan(10);
  }
}, 120_000);
