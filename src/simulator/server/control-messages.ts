/** What a client's control message asks of its connection. */
export interface ControlTarget {
  subscribe(streams: readonly string[]): void;
  unsubscribe(streams: readonly string[]): void;
  list(): readonly string[];
  /** Wants a heartbeat message this often, ms. */
  beat(intervalMs: number): void;
  /** Answered a heartbeat that wanted it. */
  proven(): void;
  combined: boolean;
}

/** A client's message as its venue understands it. */
export type ControlOutcome =
  | {
      readonly ok: true;
      readonly subscribes: boolean;
      /** `false`: a ping, which counts against no limit of requests. */
      readonly isRequest?: false;
      /** Carries it out, and gives the venue's answer, or answers. */
      act(target: ControlTarget): string | readonly string[];
      /** The answer of a venue that will not. */
      refusal(code: number, msg: string): string;
    }
  | { readonly ok: false; readonly text: string };
