/** What one client gets that others do not: what it has missed, notices of losses, states. */
import { BACKPRESSURE_BYTES_MAX, type Client, type Subscription } from './client.js';
import { type FanoutSource, isBinary, type RingTopic, RUNG_NAMES, RUNGS, SKIP_REASONS } from './ring.js';

/** Most bytes that a client which comes back gets again of one topic: with what waits already it stays below its limit. */
const REPLAY_BYTES_MAX = BACKPRESSURE_BYTES_MAX / 2;

export interface HubCounts {
  messages: number;
  bytes: number;
  subscribed: number;
  dropped: number;
  skipped: number;
  snapshots: number;
  slowClosed: number;
  controlMessages: number;
  refused: number;
  /** Topics that a client resumed without a loss, and those where it was told one. */
  resumed: number;
  notResumed: number;
  /** Steps of clients down and up the ladder. */
  steppedDown: number;
  steppedUp: number;
}

export const noCounts = (): HubCounts => ({
  messages: 0,
  bytes: 0,
  subscribed: 0,
  dropped: 0,
  skipped: 0,
  snapshots: 0,
  slowClosed: 0,
  controlMessages: 0,
  refused: 0,
  resumed: 0,
  notResumed: 0,
  steppedDown: 0,
  steppedUp: 0,
});

interface Parts {
  readonly fanout: FanoutSource;
  readonly counts: HubCounts;
}

/** Sends a client that came back what it has missed. Returns false where it needs a snapshot; then the loss is told. */
export function resume(fanout: FanoutSource, counts: HubCounts, client: Client, subscription: Subscription): boolean {
  const { resumeAfter: after, topic, rung } = subscription;
  if (after === undefined) return false;
  subscription.resumeAfter = undefined;
  // Of what is conflated the newest state is all that was ever promised.
  if (rung !== RUNGS.full) return false;
  const seq = fanout.seq(topic.id);
  const isOurs = after !== 'unknown' && after <= seq;
  const missed = isOurs ? fanout.replay(topic.id, client.encoding, after, REPLAY_BYTES_MAX) : null;
  if (missed !== null) {
    counts.resumed += 1;
    const view = new DataView(missed.buffer, missed.byteOffset, missed.byteLength);
    for (let at = 0; at < missed.length; at += 4 + view.getUint32(at, true)) {
      const length = view.getUint32(at, true);
      client.socket.send(missed.subarray(at + 4, at + 4 + length), isBinary(client.encoding));
    }
    return true;
  }
  counts.notResumed += 1;
  const [from, to] = isOurs && after < seq ? [after + 1, seq] : [0, 0];
  sendSkipped({ fanout, counts }, client, topic, SKIP_REASONS.resume, from, to);
  return false;
}

function sendSkipped(
  { fanout, counts }: Parts,
  client: Client,
  topic: RingTopic,
  reason: number,
  from: number,
  to: number,
): void {
  const notice = fanout.skipped(topic.id, client.encoding, reason, from, to);
  if (notice !== null) client.socket.send(notice, isBinary(client.encoding));
  if (from > 0) counts.skipped += to - from + 1;
}

/** What tells the client of its rung; undefined where it knows. */
function rungMessageOf({ rung, told, wanted, topic }: Subscription): string | undefined {
  if (rung === told) return undefined;
  const reason = rung === wanted ? 'as asked' : rung > told ? 'too slow' : 'keeps up';
  return JSON.stringify({ type: 'conflation', topic: topic.name, conflation: RUNG_NAMES[rung], reason });
}

/** Sends what a client needs before it goes on: the notice of a loss, its rung where that is new, the state where there is one. */
export function sendState(
  fanout: FanoutSource,
  counts: HubCounts,
  client: Client,
  subscription: Subscription,
  snapshot: Uint8Array | null,
): void {
  const rungMessage = rungMessageOf(subscription);
  const { topic, missedFrom: from, rung } = subscription;
  const to = fanout.seq(topic.id);
  if (from !== undefined && to >= from) sendSkipped({ fanout, counts }, client, topic, SKIP_REASONS.slowClient, from, to);
  subscription.missedFrom = undefined;
  if (rungMessage !== undefined) client.socket.send(rungMessage, false);
  subscription.told = rung;
  if (snapshot === null) return;
  client.socket.send(snapshot, isBinary(client.encoding));
  counts.snapshots += 1;
}
