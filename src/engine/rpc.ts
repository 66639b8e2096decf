import type { MessagePort } from 'node:worker_threads';
import { TickringError } from '../model/errors.js';

/** Calls that one side of a port answers; each takes one argument and may answer later. */
export type Handlers<Calls> = {
  [Name in keyof Calls]: Calls[Name] extends (argument: infer A) => infer R ? (argument: A) => R | Promise<R> : never;
};

type Envelope =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly kind: 'reply'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string };

/** Both directions of a MessagePort between the engine's main thread and a shard's worker. */
export class Rpc<Theirs> {
  readonly #port: MessagePort;
  readonly #pending = new Map<
    number,
    { resolve(value: unknown): void; reject(error: Error): void; readonly timer: NodeJS.Timeout | undefined }
  >();
  #nextId = 1;
  #closed = false;

  constructor(port: MessagePort, handlers: Record<string, (argument: never) => unknown>) {
    this.#port = port;
    port.on('message', (envelope: Envelope) => {
      if (envelope.kind === 'call') void this.#answer(envelope, handlers[envelope.name]);
      else this.#settle(envelope);
    });
    port.on('close', () => this.close());
  }

  /**
   * Calls the other side; rejects with `CLOSED` when the port closes before the answer, with `ENGINE_AWAY` when there is none
   * within `deadlineMs`.
   */
  call<Name extends keyof Theirs & string>(
    name: Name,
    argument: Theirs[Name] extends (argument: infer A) => unknown ? A : never,
    deadlineMs?: number,
  ): Promise<Theirs[Name] extends (argument: never) => infer R ? Awaited<R> : never> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new TickringError('CLOSED', `cannot call ${name}: the shard's port is closed`));
        return;
      }
      const id = this.#nextId++;
      const late = (): void => {
        this.#pending.delete(id);
        reject(new TickringError('ENGINE_AWAY', `no answer to ${name} within ${deadlineMs} ms`));
      };
      const timer = deadlineMs === undefined ? undefined : setTimeout(late, deadlineMs);
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.#port.postMessage({ kind: 'call', id, name, argument } satisfies Envelope);
    });
  }

  /** Calls the other side where nobody needs the answer. */
  notify<Name extends keyof Theirs & string>(
    name: Name,
    argument: Theirs[Name] extends (argument: infer A) => unknown ? A : never,
  ): void {
    if (!this.#closed) this.#port.postMessage({ kind: 'call', id: 0, name, argument } satisfies Envelope);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#port.close();
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(new TickringError('CLOSED', "the shard's port closed"));
    }
  }

  async #answer(call: Envelope & { kind: 'call' }, handler: ((argument: never) => unknown) | undefined): Promise<void> {
    let answer: Envelope;
    try {
      if (handler === undefined) throw new TickringError('CONTROL_PROTOCOL', `no call is named ${call.name}`);
      answer = { kind: 'reply', id: call.id, result: await handler(call.argument as never) };
    } catch (error) {
      answer = { kind: 'failure', id: call.id, message: error instanceof Error ? error.message : String(error) };
    }
    if (call.id !== 0 && !this.#closed) this.#port.postMessage(answer);
  }

  #settle(envelope: Exclude<Envelope, { kind: 'call' }>): void {
    const waiting = this.#pending.get(envelope.id);
    this.#pending.delete(envelope.id);
    clearTimeout(waiting?.timer);
    if (envelope.kind === 'reply') waiting?.resolve(envelope.result);
    else waiting?.reject(new TickringError('ENGINE_REFUSED', envelope.message));
  }
}
