/** What a client lost of a turn, from the first message on that was dropped for it. */
import type { Client, Subscription } from './client.js';
import { type Place, placeOf } from './messages.js';
import type { Encoding, Rung } from './ring.js';

/** A message published in this turn. */
export interface Published {
  readonly topic: number;
  readonly encoding: Encoding;
  readonly rung: Rung;
  readonly bytes: Uint8Array;
}

/** The first message of a turn that a client did not get, and the rung on which it was; it may have left the topic since. */
export interface Dropped {
  readonly place: Place;
  readonly rung: Rung | undefined;
}

/**
 * The messages that this client should have got from the first dropped one on. That one is looked for also among topics which the
 * client has left since: behind it stand those of other topics.
 */
export function lostBy(
  client: Client,
  first: Dropped,
  published: readonly Published[],
): { subscription: Subscription; place: Place }[] {
  const lost = [];
  let found = false;
  for (const { topic, encoding, rung, bytes } of published) {
    if (encoding !== client.encoding) continue;
    const place = placeOf(bytes, encoding);
    if (place === undefined) continue;
    const isFirst = place.topic === first.place.topic && place.seq === first.place.seq;
    found ||= isFirst && (first.rung === undefined || first.rung === rung);
    const subscription = client.subscriptions.get(topic);
    if (found && subscription?.state === 'joined' && rung === subscription.rung) lost.push({ subscription, place });
  }
  return lost;
}
