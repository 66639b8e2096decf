import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { pack } from 'msgpackr';
import { TickringError } from '../model/errors.js';
import { type BookText, CONTROL_VERSION, type ControlReply, type EngineStatus } from '../model/status.js';
import { answerCall, type ControlCalls } from './control-calls.js';
import { frameMessage, MessageReader } from './control-frames.js';
import type { Logger } from './log.js';

/** A request to ingest as many rows as one may hold fits. */
const REQUEST_SIZE_MAX = 8 << 20;
const CLIENTS_MAX = 64;
const IDLE_TIMEOUT_MS = 60_000;
/** Answers that a client may leave unread before it is cut: one book of 10^6 levels fits. */
const UNREAD_SIZE_MAX = 64 << 20;
/** Requests of one client in work at once. */
const IN_WORK_MAX = 256;

/** Path of an engine's control socket. */
export function controlPath(shmRoot: string, name: string): string {
  return join(shmRoot, name, 'control.sock');
}

export interface ControlActions {
  status(): Promise<EngineStatus>;
  snapshot(instrument: number): Promise<boolean>;
  book(instrument: number): Promise<BookText | null>;
  shutdown(): void;
  readonly calls: ControlCalls;
}

/** The engine's Unix socket for gateway, jobs and command line. Mode 0660: whoever may connect may command. */
export class ControlServer {
  readonly #path: string;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #actions: ControlActions;
  readonly #logger: Logger;

  constructor(shmRoot: string, name: string, logger: Logger, actions: ControlActions) {
    this.#path = controlPath(shmRoot, name);
    this.#actions = actions;
    this.#logger = logger;
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.maxConnections = CLIENTS_MAX;
  }

  /** The caller holds the engine's lock, so a socket file left behind belongs to nobody. */
  listen(): Promise<void> {
    rmSync(this.#path, { force: true });
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) =>
        reject(new TickringError('SHM_IO', `cannot listen on ${this.#path}`, { cause: error })),
      );
      this.#server.listen(this.#path, () => {
        chmodSync(this.#path, 0o660);
        this.#server.on('error', (error) => this.#logger.error({ err: error }, 'control socket'));
        resolve();
      });
    });
  }

  close(): Promise<void> {
    for (const client of this.#clients) client.destroySoon();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(socket: Socket): void {
    this.#clients.add(socket);
    const reader = new MessageReader(REQUEST_SIZE_MAX);
    let inWork = 0;
    socket.setTimeout(IDLE_TIMEOUT_MS, () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#clients.delete(socket));
    socket.on('data', (chunk) => {
      try {
        for (const message of reader.push(chunk)) {
          inWork += 1;
          if (inWork > IN_WORK_MAX || socket.writableLength > UNREAD_SIZE_MAX)
            throw new TickringError('CONTROL_PROTOCOL', 'control client asks faster than it reads');
          void this.#serve(socket, message).finally(() => {
            inWork -= 1;
          });
        }
      } catch (error) {
        this.#logger.warn({ reason: (error as Error).message }, 'a control client was cut off');
        socket.destroy();
      }
    });
  }

  async #serve(socket: Socket, message: unknown): Promise<void> {
    let reply: ControlReply;
    const id = numberMember(message, 'id') ?? 0;
    try {
      reply = { id, ok: true, result: await this.#act(message) };
    } catch (error) {
      const code = error instanceof TickringError ? error.code : 'ENGINE_REFUSED';
      reply = { id, ok: false, code, message: error instanceof Error ? error.message : String(error) };
    }
    if (!socket.destroyed) socket.write(frameMessage(pack(reply)));
  }

  async #act(message: unknown): Promise<unknown> {
    const version = numberMember(message, 'v');
    if (version !== CONTROL_VERSION) {
      throw new TickringError('CONTROL_PROTOCOL', `control version ${version} is not spoken here, ${CONTROL_VERSION} is`);
    }
    const op = (message as { op?: unknown }).op;
    switch (op) {
      case 'status':
        return await this.#actions.status();
      case 'snapshot':
        return await this.#actions.snapshot(instrumentOf(message));
      case 'book':
        return await this.#actions.book(instrumentOf(message));
      case 'shutdown':
        // The answer leaves first.
        setImmediate(() => this.#actions.shutdown());
        return null;
      default: {
        const answer = answerCall(this.#actions.calls, op, message);
        if (answer !== undefined) return await answer;
        throw new TickringError(
          'CONTROL_PROTOCOL',
          `no control request is named ${typeof op === 'string' ? op.slice(0, 64) : typeof op}`,
        );
      }
    }
  }
}

function numberMember(message: unknown, name: string): number | undefined {
  if (typeof message !== 'object' || message === null) return undefined;
  const value = Object.getOwnPropertyDescriptor(message, name)?.value;
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

function instrumentOf(message: unknown): number {
  const instrument = numberMember(message, 'instrument');
  if (instrument === undefined || instrument < 1)
    throw new TickringError('CONTROL_PROTOCOL', 'instrument is no positive integer');
  return instrument;
}
