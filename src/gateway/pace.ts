/** When a client may be told something unasked: heartbeats, and a higher rung once it keeps up. */

/** A client hears from the gateway at least this often, ms: browsers see no pings. */
const HEARTBEAT_MS = 10_000;
/** Time without a byte waiting after which a client climbs one rung, ms; it doubles each time that it falls again. */
const CLIMB_MIN_MS = 5_000;
const CLIMB_MAX_MS = 60_000;

export class Pace {
  #beatAt: number;
  #calmSince: number;
  #climbMs = CLIMB_MIN_MS;

  constructor(now: number) {
    this.#beatAt = now + HEARTBEAT_MS;
    this.#calmSince = now;
  }

  /** Whether a heartbeat is due; it counts as sent. */
  beats(now: number): boolean {
    if (now < this.#beatAt) return false;
    this.#beatAt = now + HEARTBEAT_MS;
    return true;
  }

  /** It lost messages. */
  fell(now: number): void {
    this.#calmSince = now;
    this.#climbMs = Math.min(this.#climbMs * 2, CLIMB_MAX_MS);
  }

  /** Looks at what waits for it; whether it may climb now. */
  climbs(buffered: number, now: number): boolean {
    if (buffered > 0) this.#calmSince = now;
    if (now - this.#calmSince < this.#climbMs) return false;
    this.#calmSince = now;
    return true;
  }

  /** It is where it wants to be, and was calm for a while. */
  recovered(): void {
    this.#climbMs = CLIMB_MIN_MS;
  }
}
