import type { Delivery } from '../market/channel.js';

/** Most messages that are under way at once; beyond it they are not delayed. */
const UNDER_WAY_MAX = 100_000;

export interface UnsteadyOptions {
  /** Longest delay of a message, ms of real time. */
  readonly jitterMs: number;
  /** Share of messages that are lost. */
  readonly loss: number;
  /** Until when, virtual time. */
  readonly untilMs: number;
  /** Numbers from 0 up to 1. */
  readonly random: () => number;
}

/** One way of a message to its client: each takes its own time, none overtakes another, and some never arrive. */
export class Unsteady {
  readonly #options: UnsteadyOptions;
  readonly #send: (delivery: Delivery) => void;
  readonly #underWay: {
    readonly delivery: Delivery;
    readonly dueMs: number;
  }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UnsteadyOptions, send: (delivery: Delivery) => void) {
    this.#options = options;
    this.#send = send;
  }

  /** Whether it is over and nothing is under way any more. */
  isOver(elapsedMs: number): boolean {
    return elapsedMs >= this.#options.untilMs && this.#underWay.length === 0;
  }

  pass(delivery: Delivery, elapsedMs: number): void {
    const { jitterMs, loss, untilMs, random } = this.#options;
    const isOver = elapsedMs >= untilMs;
    if (!isOver && !delivery.lost && random() < loss) {
      this.#send({ ...delivery, fate: 'dropped', lost: true });
      return;
    }
    const newest = this.#underWay.at(-1)?.dueMs ?? 0;
    const delayMs = isOver || this.#underWay.length >= UNDER_WAY_MAX ? 0 : random() * jitterMs;
    this.#underWay.push({
      delivery,
      dueMs: Math.max(newest, performance.now() + delayMs),
    });
    this.#wait();
  }

  /** Another one takes its place: what is under way arrives now. */
  end(): void {
    clearTimeout(this.#timer);
    for (const { delivery } of this.#underWay.splice(0)) this.#send(delivery);
  }

  /** The connection is gone, and with it what is under way. */
  close(): void {
    clearTimeout(this.#timer);
    this.#underWay.length = 0;
  }

  #wait(): void {
    const first = this.#underWay[0];
    if (first === undefined || this.#timer !== undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#arrive();
        this.#wait();
      },
      Math.max(0, first.dueMs - performance.now()),
    );
  }

  #arrive(): void {
    const now = performance.now();
    const count = this.#underWay.findIndex(({ dueMs }) => dueMs > now);
    for (const { delivery } of this.#underWay.splice(0, count < 0 ? this.#underWay.length : count)) this.#send(delivery);
  }
}
