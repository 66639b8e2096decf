/** Control messages of a connection that wait to be sent: half the rate that the venue tolerates, for pongs count as well. */
export class Outbox {
  readonly #paceMs: number;
  readonly #send: (text: string) => boolean;
  #waiting: { readonly text: string; sent(): void }[] = [];
  #pace: NodeJS.Timeout | undefined;

  /** `send` says whether there was a connection to send on. */
  constructor(messagesPerSecond: number, send: (text: string) => boolean) {
    this.#paceMs = 2_000 / messagesPerSecond;
    this.#send = send;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Sends the text when its turn comes; `sent` is called then. */
  push(text: string, sent: () => void = () => {}): void {
    this.#waiting.push({ text, sent });
    this.#drain();
  }

  clear(): void {
    clearTimeout(this.#pace);
    this.#pace = undefined;
    this.#waiting = [];
  }

  #drain(): void {
    if (this.#pace !== undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined || !this.#send(next.text)) return;
    next.sent();
    this.#pace = setTimeout(() => {
      this.#pace = undefined;
      this.#drain();
    }, this.#paceMs);
  }
}
