/** One instrument as the page knows it: its book, its last trades, its state. */

const TRADES_KEPT = 21;

/** One side, best level first, in an array kept sorted. */
class Side {
  #sign;
  levels = [];

  constructor(sign) {
    this.#sign = sign;
  }

  clear() {
    this.levels = [];
  }

  /** Sets the quantity of a price; 0 removes it. */
  set(priceText, qtyText) {
    const price = Number(priceText);
    const qty = Number(qtyText);
    let low = 0;
    let high = this.levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.levels[middle].price - price) * this.#sign < 0) low = middle + 1;
      else high = middle;
    }
    const found = this.levels[low]?.price === price;
    if (qty === 0) {
      if (found) this.levels.splice(low, 1);
    } else this.levels.splice(low, found ? 1 : 0, { price, qty, priceText, qtyText });
  }
}

export class Market {
  bids = new Side(-1);
  asks = new Side(1);
  /** Newest first. */
  trades = [];
  lastPrice = null;
  /** -1, 0 or 1: where the last trade moved to. */
  direction = 0;
  stats = null;
  state = 'waiting';
  priceDecimals = 2;
  qtyDecimals = 3;
  /** Whether there is something new to be drawn. */
  dirty = true;

  constructor(venue, symbol) {
    this.venue = venue;
    this.symbol = symbol;
  }

  topics() {
    return ['book', 'trade'].map((channel) => `${channel}.${this.venue}.${this.symbol}`);
  }

  apply({ body_type: type, body, flags, price_exponent: price, qty_exponent: qty }) {
    this.dirty = true;
    if (type === 'book_snapshot' || type === 'book_delta') {
      this.priceDecimals = -price;
      this.qtyDecimals = -qty;
      this.#applyBook(type, body, flags);
    } else if (type === 'trade') this.#applyTrade(body);
    else if (type === 'stats_24h') this.stats = body;
    else if (type === 'status' && body.state !== 'subscribed' && body.state !== 'connected') this.state = body.state;
    else if (type === 'gap' && body.stream === 'book') this.state = 'resync';
    else if (type === 'skipped' && body.reason !== 'slow_client') this.state = 'resync';
  }

  #applyBook(type, body, flags) {
    if (type === 'book_snapshot') {
      this.bids.clear();
      this.asks.clear();
    }
    for (const [price, qty] of body.bids) this.bids.set(price, qty);
    for (const [price, qty] of body.asks) this.asks.set(price, qty);
    this.state = flags.includes('stale') ? 'stale' : flags.includes('crossed') ? 'crossed' : 'live';
  }

  #applyTrade(body) {
    const price = Number(body.price);
    if (this.lastPrice !== null && price !== this.lastPrice) this.direction = Math.sign(price - this.lastPrice);
    this.lastPrice = price;
    this.trades.unshift({ ...body, at: Date.now() });
    this.trades.length = Math.min(this.trades.length, TRADES_KEPT);
  }

  /** The connection is gone: what is shown is old. */
  disconnect() {
    this.state = 'stale';
    this.dirty = true;
  }
}
