/** The WebSocket to the gateway: subscribes, checks that no number is missing, and comes back when it breaks. */

const RECONNECT_MIN_MS = 500;
const RECONNECT_MAX_MS = 8_000;
/** Changes of interest are gathered this long: scrolling makes many, the gateway takes 20 messages a second. */
const GATHER_MS = 150;
/** Topics of one message: it must stay below the gateway's 16 KiB. */
const TOPICS_PER_MESSAGE = 200;

export class Connection {
  #url;
  #onMessage;
  #onState;
  #onTopics;
  #socket = null;
  #wanted = new Set();
  #held = new Set();
  /** Number of the last message by topic. */
  #seq = new Map();
  #gather = 0;
  #wait = RECONNECT_MIN_MS;

  constructor(url, { onMessage, onState, onTopics }) {
    this.#url = url;
    this.#onMessage = onMessage;
    this.#onState = onState;
    this.#onTopics = onTopics;
  }

  open() {
    const socket = new WebSocket(this.#url, ['tickring.json.v1']);
    this.#socket = socket;
    socket.onopen = () => {
      this.#wait = RECONNECT_MIN_MS;
      this.#onState(true);
      this.list();
      this.#flush();
    };
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = () => {
      this.#held.clear();
      this.#seq.clear();
      this.#onState(false);
      setTimeout(() => this.open(), this.#wait * (0.5 + Math.random() / 2));
      this.#wait = Math.min(this.#wait * 2, RECONNECT_MAX_MS);
    };
  }

  /** Asks for the topics that there are. */
  list() {
    this.#send({ op: 'list' });
  }

  /** Says which topics are wanted from now on. */
  want(topics) {
    this.#wanted = new Set(topics);
    if (this.#gather === 0) this.#gather = setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush() {
    clearTimeout(this.#gather);
    this.#gather = 0;
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#change(
      'unsubscribe',
      [...this.#held].filter((topic) => !this.#wanted.has(topic)),
    );
    this.#change(
      'subscribe',
      [...this.#wanted].filter((topic) => !this.#held.has(topic)),
    );
  }

  #change(op, topics) {
    for (const topic of topics) {
      if (op === 'subscribe') this.#held.add(topic);
      else this.#held.delete(topic);
      this.#seq.delete(topic);
    }
    for (let first = 0; first < topics.length; first += TOPICS_PER_MESSAGE) {
      this.#send({ op, topics: topics.slice(first, first + TOPICS_PER_MESSAGE) });
    }
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #receive(message) {
    if (message.type === 'ack') {
      if (message.op === 'list') this.#onTopics(message.topics);
      return;
    }
    if (message.type === 'error') {
      // A topic has gone meanwhile: what there is now comes with the next list.
      this.#held.clear();
      this.list();
      return;
    }
    if (!this.#held.has(message.topic)) return;
    const last = this.#seq.get(message.topic);
    if (last !== undefined && message.prev_seq !== last && message.body_type !== 'book_snapshot') {
      // Never happens unless something is broken; then the whole state is the cure.
      this.#change('unsubscribe', [message.topic]);
      this.#change('subscribe', [message.topic]);
      return;
    }
    this.#seq.set(message.topic, message.seq);
    this.#onMessage(message);
  }
}
