/** The card of one instrument. Its elements are made once; drawing changes text and bars alone, so nothing jumps. */

const DEPTH = 10;
/** As tall as the ladder. */
const TRADES_SHOWN = 21;
const STATE_TEXT = {
  waiting: 'waiting',
  live: 'live',
  stale: 'stale',
  resync: 'resyncing',
  crossed: 'crossed',
  disconnected: 'disconnected',
  removed: 'removed',
};

/** `64000.1` with 2 decimals → `64,000.10`. Works on the text: no digit is rounded. */
export function decimal(text, decimals) {
  const [whole, fraction = ''] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return decimals > 0 ? `${grouped}.${fraction.padEnd(decimals, '0')}` : grouped;
}

function element(tag, className, parent) {
  const node = document.createElement(tag);
  if (className !== '') node.className = className;
  parent?.append(node);
  return node;
}

/** Changes text only where it differs: untouched nodes are not laid out again. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function mark(node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value;
}

function rows(parent, className, count, columns) {
  return Array.from({ length: count }, () => {
    const row = element('div', className, parent);
    return { row, cells: columns.map((column) => element('span', column, row)) };
  });
}

export class Card {
  constructor(market) {
    this.market = market;
    this.root = element('article', 'card');
    this.root.dataset.topic = `${market.venue}.${market.symbol}`;
    const head = element('div', 'card-head', this.root);
    const title = element('div', 'card-title', head);
    element('h2', '', title).textContent = market.symbol;
    element('span', 'venue', title).textContent = market.venue;
    this.state = element('span', 'pill', head);
    const price = element('div', 'card-price', this.root);
    this.last = element('span', 'last', price);
    this.spread = element('span', 'spread', price);
    this.#makeColumns();
    this.stats = element('div', 'card-stats', this.root);
  }

  #makeColumns() {
    const columns = element('div', 'columns', this.root);
    const ladder = element('div', 'ladder', columns);
    const head = element('div', 'row head', ladder);
    for (const [name, text] of [
      ['price', 'Price'],
      ['qty', 'Size'],
      ['total', 'Total'],
    ])
      element('span', name, head).textContent = text;
    this.asks = rows(ladder, 'row ask', DEPTH, ['price', 'qty', 'total']).reverse();
    this.middle = element('div', 'middle', ladder);
    this.bids = rows(ladder, 'row bid', DEPTH, ['price', 'qty', 'total']);
    const tape = element('div', 'tape', columns);
    const tapeHead = element('div', 'row head', tape);
    for (const [name, text] of [
      ['time', 'Time'],
      ['price', 'Price'],
      ['qty', 'Size'],
    ])
      element('span', name, tapeHead).textContent = text;
    this.trades = rows(tape, 'row', TRADES_SHOWN, ['time', 'price', 'qty']);
  }

  draw() {
    const { market } = this;
    market.dirty = false;
    mark(this.state, 'state', market.state);
    write(this.state, STATE_TEXT[market.state] ?? market.state);
    this.#drawPrice();
    this.#drawSides();
    this.#drawTrades();
    this.#drawStats();
  }

  #drawPrice() {
    const { market } = this;
    const [bid, ask] = [market.bids.levels[0], market.asks.levels[0]];
    const newest = market.trades[0];
    write(this.last, newest === undefined ? '–' : decimal(newest.price, market.priceDecimals));
    mark(this.last, 'direction', `${market.direction}`);
    if (bid === undefined || ask === undefined) {
      write(this.spread, '');
      write(this.middle, '');
      return;
    }
    const spread = ask.price - bid.price;
    const points = (spread / ((ask.price + bid.price) / 2)) * 10_000;
    write(this.middle, `${decimal(((ask.price + bid.price) / 2).toFixed(market.priceDecimals), market.priceDecimals)} mid`);
    write(this.spread, `spread ${spread.toFixed(market.priceDecimals)} · ${points.toFixed(2)} bp`);
  }

  #drawSides() {
    const { bids, asks } = this.market;
    const total = (side) => side.levels.slice(0, DEPTH).reduce((sum, { qty }) => sum + qty, 0);
    const largest = Math.max(total(bids), total(asks)) || 1;
    this.#drawSide(this.bids, bids.levels, largest);
    this.#drawSide(this.asks, asks.levels, largest);
  }

  #drawSide(lines, levels, largest) {
    const { priceDecimals, qtyDecimals } = this.market;
    let total = 0;
    lines.forEach(({ row, cells: [price, qty, sum] }, index) => {
      const level = levels[index];
      if (level === undefined) {
        for (const cell of [price, qty, sum]) write(cell, '');
        row.style.setProperty('--fill', '0');
        return;
      }
      total += level.qty;
      write(price, decimal(level.priceText, priceDecimals));
      write(qty, decimal(level.qtyText, qtyDecimals));
      write(sum, decimal(total.toFixed(qtyDecimals), qtyDecimals));
      row.style.setProperty('--fill', (total / largest).toFixed(3));
    });
  }

  #drawTrades() {
    const { trades, priceDecimals, qtyDecimals } = this.market;
    this.trades.forEach(({ row, cells: [time, price, qty] }, index) => {
      const trade = trades[index];
      mark(row, 'side', trade?.aggressor ?? '');
      write(time, trade === undefined ? '' : new Date(trade.at).toTimeString().slice(0, 8));
      write(price, trade === undefined ? '' : decimal(trade.price, priceDecimals));
      write(qty, trade === undefined ? '' : decimal(trade.qty, qtyDecimals));
    });
  }

  #drawStats() {
    const { stats, priceDecimals } = this.market;
    if (stats === null) return;
    const volume = Number(stats.volume).toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
    const [low, high] = [stats.low, stats.high].map((text) => decimal(text, priceDecimals));
    write(this.stats, `24 h   low ${low}   high ${high}   volume ${volume}`);
  }
}
