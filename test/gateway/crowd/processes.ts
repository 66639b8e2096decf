/** The processes of a crowd: a gateway, and programs of clients. What they cost each other is then seen from outside. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Feed } from '../feed.js';

/** Ticks a second in what /proc tells of times, on every Linux. */
const USER_HZ = 100;
/** Files that a process has open beside its sockets. */
const OTHER_FILES = 200;

type FromGateway =
  | { readonly log: string }
  | { readonly op: 'ingest'; readonly fields: { readonly rows: readonly unknown[] } }
  | { readonly op: 'snapshot'; readonly fields: { readonly instrument: number } };

/** What clients saw; see `clients.mjs`. */
export interface Seen {
  readonly messages: number;
  readonly skips: number;
  readonly skipped: number;
  readonly reconnects: number;
  readonly closedSlow: number;
  readonly cutSlow: number;
  readonly full: number;
  readonly failed: number;
  readonly otherCloses: Record<string, number>;
  readonly unaccountedCount: number;
  readonly unaccounted: string[];
  readonly delays: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Throws where this process, and so its children, may not open as many files as a crowd needs. */
export function checkFiles(clients: number): void {
  const limit = Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 'Infinity');
  const needed = clients + OTHER_FILES;
  if (limit >= needed) return;
  throw new Error(
    `${clients} clients need ${needed} open files a process, the hard limit is ${limit}: raise it ` +
      `(\`ulimit -Hn ${needed}\` as root, LimitNOFILE= in a systemd unit, --ulimit nofile= for a container)`,
  );
}

/** How long the loop of a process has been ready to run so far and had no processor, s. */
function waitedOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e9;
}

/** What this machine waited for a processor of its host, s, if it is a virtual one. */
export const host = {
  waited: (): number => Number(/^cpu +(?:\d+ ){7}(\d+)/.exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? 0) / USER_HZ,
};

/** A program that answers each order with one message. */
export class Crowd {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #id = 0;

  constructor() {
    this.#process = fork(fileURLToPath(new URL('./clients.mjs', import.meta.url)));
    this.#process.on('message', ({ id, result }: { id: number; result: never }) => {
      this.#waiting.get(id)?.resolve(result);
      this.#waiting.delete(id);
    });
    this.#process.once('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the program of clients ended with ${code}`));
    });
  }

  ask<T = Seen>(what: string, order: object = {}): Promise<T> {
    this.#id += 1;
    const id = this.#id;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ ...order, do: what, id });
    });
  }

  /** See `waitedOf`. */
  waited(): number {
    return waitedOf(this.#process.pid ?? 0);
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.disconnect();
    await once(this.#process, 'exit');
  }
}

export class GatewayProcess {
  readonly port: number;
  /** Errors that it logged. */
  readonly errors: string[] = [];
  /** Rows that it handed to the engine. */
  ingestedRows = 0;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#process = child;
    this.port = port;
  }

  static async start(feed: Feed): Promise<GatewayProcess> {
    const child = fork(fileURLToPath(new URL('./gateway.mjs', import.meta.url)), [feed.root, feed.name]);
    const [{ port }] = (await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => Promise.reject(new Error(`the gateway ended with ${code}`))),
    ])) as [{ port: number }];
    const gateway = new GatewayProcess(child, port);
    child.on('message', (message: FromGateway) => gateway.#take(message, feed));
    return gateway;
  }

  #take(message: FromGateway, feed: Feed): void {
    if ('log' in message) {
      if (message.log === 'error') this.errors.push(JSON.stringify(message));
    } else if (message.op === 'ingest') this.ingestedRows += message.fields.rows.length;
    else if (message.op === 'snapshot') void feed.control.request('snapshot', message.fields);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** MiB in memory now, and the most that there ever were. */
  memory(): { readonly now: number; readonly most: number } {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
    return { now: of('VmRSS'), most: of('VmHWM') };
  }

  /** Processor time so far, s. */
  cpu(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / USER_HZ;
  }

  /** See `waitedOf`. */
  waited(): number {
    return waitedOf(this.pid);
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const values = [...text.matchAll(new RegExp(`^${name}(\\{[^}]*\\})? (.*)$`, 'gm'))].map(([, , value]) => Number(value));
    if (values.length === 0) throw new Error(`there is no ${name}`);
    return values.reduce((sum, value) => sum + value, 0);
  }

  async close(): Promise<void> {
    if (!this.isRunning) return;
    this.#process.disconnect();
    await once(this.#process, 'exit');
  }
}
