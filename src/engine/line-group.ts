import type { ChannelName } from '../model/config.js';
import type { InstrumentDefinition } from '../native/index.js';
import type { Line } from './line.js';
import { RotatingLine, type RotatingLineOptions } from './rotating-line.js';

export interface LineGroupOptions extends Omit<RotatingLineOptions, 'urls' | 'backoff' | 'mayRotate'> {
  /** Of each line. */
  readonly addresses: readonly Pick<RotatingLineOptions, 'urls' | 'backoff'>[];
}

/** Lines that carry the same streams: the core takes what comes first. One of them rotates at a time. */
export class LineGroup {
  readonly #lines: readonly RotatingLine[];
  readonly connectionClass: string;

  constructor(options: LineGroupOptions) {
    const { addresses, ...rest } = options;
    this.connectionClass = options.connectionClass.name;
    const mayRotate = (): boolean => !this.#lines.some(({ isRotating }) => isRotating);
    this.#lines = addresses.map((address) => new RotatingLine({ ...rest, ...address, mayRotate }));
  }

  /** All connections, with the place of their line among those of the group, from 1, and how often that line has rotated. */
  get connections(): readonly {
    readonly line: Line;
    readonly place: number;
    readonly rotations: number;
  }[] {
    return this.#lines.flatMap(({ lines, rotations }, index) => lines.map((line) => ({ line, place: index + 1, rotations })));
  }

  get instruments(): readonly InstrumentDefinition[] {
    return this.#lines[0]?.instruments ?? [];
  }

  start(): void {
    for (const line of this.#lines) line.start();
  }

  add(instruments: readonly InstrumentDefinition[]): void {
    for (const line of this.#lines) line.add(instruments);
  }

  remove(instruments: ReadonlySet<number>, isEnded: boolean): void {
    for (const line of this.#lines) line.remove(instruments, isEnded);
  }

  restart(instrument: InstrumentDefinition): void {
    for (const line of this.#lines) line.restart(instrument);
  }

  /** Subscribes channels anew, on one line while the others carry on, or on all. */
  renew(instrument: InstrumentDefinition, channels: readonly ChannelName[], onAll: boolean): void {
    if (onAll) for (const line of this.#lines) line.renew(instrument, channels, true);
    else this.#lines.some((line) => line.renew(instrument, channels, false));
  }

  leave(connection: number): void {
    for (const line of this.#lines) line.leave(connection);
  }

  watch(): void {
    for (const line of this.#lines) line.watch();
  }

  stop(): void {
    for (const line of this.#lines) line.stop();
  }
}
