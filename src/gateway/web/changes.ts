/** Draws what changed, once a frame of the screen at most, however fast the data come. */
import { useEffect, useReducer } from 'preact/hooks';

interface Listener {
  readonly draw: () => void;
  /** Least time between two draws, ms: some things cannot be read faster, only seen as flicker. */
  readonly everyMs: number;
  seen: number;
  drawnAt: number;
}

/** Says that something has changed; those who show it draw at the next frame. */
export class Changes {
  readonly #listeners = new Set<Listener>();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  touch(): void {
    this.#version += 1;
    if (this.#listeners.size > 0) schedule(this);
  }

  listen(draw: () => void, everyMs: number): () => void {
    const listener = { draw, everyMs, seen: this.#version, drawnAt: Number.NEGATIVE_INFINITY };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Draws what is due. Returns whether everything was. */
  drawn(now: number): boolean {
    let all = true;
    for (const listener of this.#listeners) {
      if (listener.seen === this.#version) continue;
      if (now - listener.drawnAt < listener.everyMs) {
        all = false;
        continue;
      }
      listener.seen = this.#version;
      listener.drawnAt = now;
      listener.draw();
    }
    return all;
  }
}

const waiting = new Set<Changes>();
let isAsked = false;

function schedule(changes: Changes): void {
  waiting.add(changes);
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(frame);
}

function frame(now: number): void {
  isAsked = false;
  for (const changes of waiting) if (changes.drawn(now)) waiting.delete(changes);
  if (waiting.size === 0 || isAsked) return;
  isAsked = true;
  requestAnimationFrame(frame);
}

/** The component is drawn again when `changes` say so. */
export function useChanges(changes: Changes, everyMs = 0): void {
  const [, draw] = useReducer((count: number) => count + 1, 0);
  const seen = changes.version;
  useEffect(() => {
    // What changed between the drawing and this.
    if (changes.version !== seen) draw(undefined);
    return changes.listen(() => draw(undefined), everyMs);
  }, [changes, everyMs]);
}
