/** Processes that do nothing for two seconds: stopped as a whole, or only their main thread's event loop. Nobody may end or lose a thing. */
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyBooks } from '#dist/cli/verify.js';
import { TickringClient } from '../../src/client/node.js';
import { eventually, type Program } from '../cli/program.js';
import { childrenOf, Product, type Role } from './product.js';

const STALL_MS = 2_000;
/** A guard against hangs alone. */
const WATCHDOG_MS = 300_000;
const ROLES: readonly Role[] = ['gateway', 'engine', 'simulator'];
const HOOK = new URL('./block-on-signal.mjs', import.meta.url).href;
const TOPICS = ['book.binance-usdm.BTCUSDT', 'book.binance-spot.ETHUSDT', 'trade.binance-usdm.BTCUSDT'];

let product: Product;
let client: TickringClient | undefined;
/** Which process has just held up its loop. */
let blocked: string;
beforeEach(() => {
  blocked = join(mkdtempSync(join(tmpdir(), 'tickring-stall-')), 'blocked');
  product = new Product();
});
afterEach(async () => {
  client?.close();
  await product.remove();
  rmSync(dirname(blocked), { recursive: true, force: true });
});

const stateOf = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '')[0] ?? '';

async function stop(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await eventually('the process is stopped', () => stateOf(pid) === 'T');
  await new Promise((resolve) => setTimeout(resolve, STALL_MS));
  process.kill(pid, 'SIGCONT');
}

async function block(pid: number): Promise<void> {
  writeFileSync(blocked, '');
  process.kill(pid, 'SIGUSR2');
  await eventually('the loop was held up', () => readFileSync(blocked, 'utf8') === `${pid}\n`);
}

const DEEDS = [
  ['SIGSTOP', stop],
  ['blocked event loop', block],
] as const;

function pidsOf(program: Program): Record<string, number> {
  const pid = program.process.pid ?? 0;
  return { supervisor: pid, ...Object.fromEntries(childrenOf(pid)) };
}

/** Where the simulator answers what the true books are: of the ports that it listens on, the one that knows. */
async function oracleOf(pid: number): Promise<string> {
  const sockets = readdirSync(`/proc/${pid}/fd`).map(
    (fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1],
  );
  const listening = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.includes(inode));
  for (const [, address = ''] of listening) {
    const url = `http://127.0.0.1:${Number.parseInt(address.split(':')[1] ?? '', 16)}`;
    const answer = await fetch(`${url}/oracle/frames?limit=1`).catch(() => undefined);
    if (answer?.status === 200) return url;
  }
  throw new Error('the simulator has no control endpoint');
}

test(
  'lifecycle: processes that stand still for 2 s, one after the other, end nothing and lose nothing',
  async () => {
    const program = product.start({ NODE_OPTIONS: `--import=${HOOK}`, BLOCKED_FILE: blocked }, WATCHDOG_MS);
    const url = await product.url(program);
    const before = await product.inSync();
    const pids = pidsOf(program);
    const followed = new TickringClient(`${url.replace('http', 'ws')}ws`);
    client = followed;
    const losses: unknown[] = [];
    followed.on('loss', (loss) => losses.push(loss));
    followed.subscribe(TOPICS);
    await eventually('a client has its books', () => TOPICS.slice(0, 2).every((topic) => followed.book(topic)?.isKnown));
    for (const role of ['supervisor', ...ROLES]) {
      const pid = pids[role];
      if (pid === undefined) throw new Error(`no ${role} runs`);
      for (const [name, deed] of DEEDS) {
        const { messages } = followed.stats;
        await deed(pid);
        await eventually(`messages behind ${name} of the ${role}`, () => followed.stats.messages > messages + 10);
        await eventually(`ready behind ${name} of the ${role}`, async () => {
          const answer = await fetch(`${url}readyz`).catch(() => undefined);
          return answer?.status === 200;
        });
        expect(pidsOf(program), `${name} of the ${role}`).toEqual(pids);
        const after = await product.inSync();
        expect(after, `${name} of the ${role}`).toMatchObject({
          ...{ pid: before.pid, epochs: before.epochs, workerRestarts: 0 },
          counters: { gaps: 0, resyncs: 0, quarantined: 0 },
        });
      }
    }
    expect(losses).toEqual([]);
    const { hashMismatches, sequenceBreaks, unreadable, reconnects, lost } = followed.stats;
    expect({ hashMismatches, sequenceBreaks, unreadable, reconnects, lost }).toEqual({
      ...{ hashMismatches: 0, sequenceBreaks: 0, unreadable: 0, reconnects: 0, lost: 0n },
    });
    const { instruments } = await product.inSync();
    const verified = await verifyBooks(product.control, await oracleOf(pids['simulator'] ?? 0), instruments);
    expect(verified.filter(({ equal }) => !equal)).toEqual([]);
    program.kill('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0 });
  },
  WATCHDOG_MS,
);
