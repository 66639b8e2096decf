import type { Channel, Delivery } from '../market/channel.js';
import type { Fault } from './script.js';

/** Longest row of messages that one rule holds back. */
const HELD_MAX = 10_000;

export type MessageFault = Extract<
  Fault,
  { fault: 'drop' | 'duplicate' | 'reorder' | 'malformed' | 'crossed' | 'corrupt' | 'bad_time' | 'spike' }
>;

/** What a rule does with one message that it meets: what goes out, and in which order. */
export type Act = (delivery: Delivery, isLast: boolean) => Delivery[];

/**
 * Counts the messages that a fault meets, for each stream on its own.
 *
 * The rule binds to the streams somebody listens to when it is made; if nobody does, to the first that speaks. It is
 * over when every one of them had its share or lost its listeners.
 */
class Rule {
  readonly #matches: (channel: Channel) => boolean;
  readonly #n: number;
  readonly #act: Act;
  readonly #left = new Map<Channel, number>();

  constructor(matches: (channel: Channel) => boolean, n: number, act: Act, bound: Iterable<Channel>) {
    this.#matches = matches;
    this.#n = n;
    this.#act = act;
    for (const channel of bound) if (matches(channel)) this.#left.set(channel, n);
  }

  get over(): boolean {
    if (this.#left.size === 0) return false;
    for (const [channel, left] of this.#left) if (left > 0 && channel.subscribers.size > 0) return false;
    return true;
  }

  pass(delivery: Delivery): Delivery[] {
    const { channel } = delivery.frame;
    if (delivery.lost || !this.#matches(channel)) return [delivery];
    if (this.#left.size === 0) this.#left.set(channel, this.#n);
    const left = this.#left.get(channel) ?? 0;
    if (left === 0) return [delivery];
    this.#left.set(channel, left - 1);
    return this.#act(delivery, left === 1);
  }
}

/** Messages held back, and how many more of their stream must pass first. */
interface Held {
  readonly channel: Channel;
  readonly deliveries: readonly Delivery[];
  wait: number;
}

/** Takes each message through the rules in force, in the order in which they came. */
export class Pipeline {
  #rules: Rule[] = [];
  #held: Held[] = [];
  #mutes: { readonly untilMs: number; readonly symbol: string | undefined }[] = [];

  get idle(): boolean {
    return this.#rules.length === 0 && this.#held.length === 0 && this.#mutes.length === 0;
  }

  /** Loses all messages (of one symbol) until `untilMs` of virtual time. */
  mute(untilMs: number, symbol: string | undefined): void {
    this.#mutes.push({ untilMs, symbol });
  }

  add(fault: MessageFault, symbol: string, bound: Iterable<Channel>, spoil: (bytes: Buffer) => Buffer): void {
    const { stream, n } = fault.args;
    const matches = (channel: Channel): boolean => channel.symbol === symbol && (stream === 'any' || channel.kind === stream);
    this.#rules.push(new Rule(matches, n, this.#actOf(fault, spoil), bound));
  }

  /** All that goes out when `delivery` comes in, in order; `elapsedMs` is virtual time. */
  apply(delivery: Delivery, elapsedMs: number): Delivery[] {
    const { channel } = delivery.frame;
    this.#mutes = this.#mutes.filter(({ untilMs }) => elapsedMs < untilMs);
    const muted = this.#mutes.some(({ symbol }) => symbol === undefined || symbol === channel.symbol);
    if (muted) return [{ ...delivery, fate: 'stalled', lost: true }];
    let deliveries: Delivery[] = [delivery];
    const released = this.#release(channel);
    for (const rule of this.#rules) deliveries = deliveries.flatMap((each) => rule.pass(each));
    this.#rules = this.#rules.filter((rule) => !rule.over);
    return deliveries.concat(released);
  }

  /** What waited for this stream's message to pass; a message held by the same call waits for the next ones. */
  #release(channel: Channel): Delivery[] {
    const released: Delivery[] = [];
    this.#held = this.#held.filter((held) => {
      if (held.channel !== channel) return true;
      held.wait -= 1;
      if (held.wait > 0) return true;
      released.push(...held.deliveries);
      return false;
    });
    return released;
  }

  #hold(delivery: Delivery, wait: number): Delivery[] {
    if (this.#held.length >= HELD_MAX) return [delivery];
    this.#held.push({ channel: delivery.frame.channel, deliveries: [withFate(delivery, 'reordered')], wait });
    return [];
  }

  #actOf(fault: MessageFault, spoil: (bytes: Buffer) => Buffer): Act {
    switch (fault.fault) {
      case 'drop':
        return (delivery) => [{ ...delivery, fate: 'dropped', lost: true }];
      case 'reorder':
        return (delivery) => this.#hold(delivery, fault.args.k);
      case 'duplicate':
        return duplicate(fault.args.mode, fault.args.copies);
      case 'malformed':
        return (delivery) => {
          const { kind } = fault.args;
          const spoilt = {
            ...withFate(delivery, `malformed:${kind}`),
            payload: chain(delivery.payload, spoil),
            binary: kind === 'binary',
          };
          return fault.args.extra ? [spoilt, delivery] : [spoilt];
        };
      case 'crossed':
      case 'corrupt':
      case 'bad_time':
      case 'spike':
        return (delivery) => [{ ...withFate(delivery, fault.fault), payload: chain(delivery.payload, spoil) }];
    }
  }
}

/** A message that two faults meet carries both fates. */
function withFate(delivery: Delivery, fate: string): Delivery {
  return { ...delivery, fate: delivery.fate === 'sent' ? fate : `${delivery.fate}+${fate}` };
}

function chain(first: Delivery['payload'], then: (bytes: Buffer) => Buffer): (bytes: Buffer) => Buffer {
  return first === undefined ? then : (bytes) => then(first(bytes));
}

function duplicate(mode: 'each' | 'range', copies: number): Act {
  const seen = new Map<Channel, Delivery[]>();
  return (delivery, isLast) => {
    if (mode === 'each') return [delivery, ...Array.from({ length: copies }, () => withFate(delivery, 'duplicated'))];
    const range = seen.get(delivery.frame.channel) ?? [];
    seen.set(delivery.frame.channel, range);
    if (range.length < HELD_MAX) range.push(delivery);
    if (!isLast) return [delivery];
    return [delivery, ...Array.from({ length: copies }, () => range.map((again) => withFate(again, 'duplicated'))).flat()];
  };
}
