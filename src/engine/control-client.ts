import { connect, type Socket } from 'node:net';
import { pack } from 'msgpackr';
import { CODES, type CodeName } from '../model/codes.js';
import { TickringError } from '../model/errors.js';
import { CONTROL_VERSION, type ControlOp, type ControlReply, type ControlRequests } from '../model/status.js';
import { controlPath } from './control.js';
import { frameMessage, MessageReader } from './control-frames.js';

const ANSWER_DEADLINE_MS = 5_000;
/** Books of 10^6 levels as text. */
const REPLY_SIZE_MAX = 256 << 20;

/** Talks to a running engine. Connects when asked, again after the engine came back; throws `ENGINE_AWAY` while it is away. */
export class ControlClient {
  readonly #path: string;
  #socket: Socket | undefined;
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void; timer: NodeJS.Timeout }>();
  #nextId = 1;

  constructor(shmRoot: string, name: string) {
    this.#path = controlPath(shmRoot, name);
  }

  request<Op extends ControlOp>(
    op: Op,
    ...[fields]: Record<never, never> extends ControlRequests[Op]['fields']
      ? [ControlRequests[Op]['fields']?]
      : [ControlRequests[Op]['fields']]
  ): Promise<ControlRequests[Op]['result']> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new TickringError('ENGINE_AWAY', `no answer on ${this.#path} within ${ANSWER_DEADLINE_MS} ms`));
      }, ANSWER_DEADLINE_MS);
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
      this.#connected().write(frameMessage(pack({ v: CONTROL_VERSION, id, op, ...fields })));
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#fail(new TickringError('CLOSED', 'the control client is closed'));
  }

  #connected(): Socket {
    if (this.#socket !== undefined && !this.#socket.destroyed) return this.#socket;
    const socket = connect(this.#path);
    const reader = new MessageReader(REPLY_SIZE_MAX);
    socket.on('data', (chunk) => {
      try {
        for (const message of reader.push(chunk)) this.#settle(message as ControlReply);
      } catch (error) {
        socket.destroy(error as Error);
      }
    });
    socket.on('error', (error) =>
      this.#lost(socket, new TickringError('ENGINE_AWAY', `no engine answers on ${this.#path}`, { cause: error })),
    );
    socket.on('close', () => this.#lost(socket, new TickringError('ENGINE_AWAY', `the engine closed ${this.#path}`)));
    socket.unref();
    this.#socket = socket;
    return socket;
  }

  #settle(reply: ControlReply): void {
    const waiting = this.#pending.get(reply.id);
    if (waiting === undefined) return;
    this.#pending.delete(reply.id);
    clearTimeout(waiting.timer);
    if (reply.ok) waiting.resolve(reply.result);
    else waiting.reject(new TickringError(reply.code in CODES ? (reply.code as CodeName) : 'ENGINE_REFUSED', reply.message));
  }

  #lost(socket: Socket, error: TickringError): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#fail(error);
  }

  #fail(error: TickringError): void {
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(error);
    }
  }
}
