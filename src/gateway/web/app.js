/** Wires connection, cards and figures together. */
import { Market } from './book.js';
import { Card } from './card.js';
import { Connection } from './connection.js';
import { Figures } from './figures.js';

/** Cards are drawn at most this often, ms: faster is not read, only seen as flicker. */
const DRAW_MS = 100;
/** How often new instruments are looked for, ms. */
const LIST_MS = 5_000;

const cards = new Map();
const visible = new Set();
const books = document.getElementById('books');
const filter = document.getElementById('filter');
const empty = document.getElementById('empty');

const figures = new Figures();
const connection = new Connection(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`, {
  onMessage: (message) => cards.get(`${message.venue}.${message.symbol}`)?.market.apply(message),
  onState: (isOpen) => {
    figures.connected(isOpen);
    if (!isOpen) for (const { market } of cards.values()) market.disconnect();
  },
  onTopics: (topics) => {
    for (const topic of topics) if (topic.startsWith('book.')) addCard(topic);
    arrange();
  },
});

/** Only what can be seen is subscribed. */
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) visible.add(target.dataset.topic);
      else visible.delete(target.dataset.topic);
    }
    connection.want([...visible].flatMap((key) => cards.get(key)?.market.topics() ?? []));
  },
  { rootMargin: '200px' },
);

function addCard(topic) {
  const [, venue, ...symbol] = topic.split('.');
  const key = topic.slice('book.'.length);
  if (cards.has(key)) return;
  const card = new Card(new Market(venue, symbol.join('.')));
  cards.set(key, card);
  observer.observe(card.root);
}

/** Puts the cards that match the filter in order. */
function arrange() {
  const wanted = filter.value.trim().toUpperCase();
  const sorted = [...cards.entries()].sort(([a], [b]) => a.localeCompare(b));
  for (const [key, { root }] of sorted) root.hidden = wanted !== '' && !key.toUpperCase().includes(wanted);
  const inOrder = sorted.every(([, { root }], index) => books.children[index] === root);
  if (!inOrder) books.append(...sorted.map(([, { root }]) => root));
  empty.hidden = cards.size > 0;
}

let drawn = 0;
function frame(now) {
  if (now - drawn >= DRAW_MS) {
    drawn = now;
    for (const key of visible) {
      const card = cards.get(key);
      if (card?.market.dirty) card.draw();
    }
  }
  requestAnimationFrame(frame);
}

function switchTheme() {
  const isDark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  document.documentElement.dataset.theme = isDark ? 'light' : 'dark';
  localStorage.setItem('theme', document.documentElement.dataset.theme);
}

const stored = localStorage.getItem('theme');
if (stored === 'light' || stored === 'dark') document.documentElement.dataset.theme = stored;
document.getElementById('theme').addEventListener('click', switchTheme);
filter.addEventListener('input', arrange);
connection.open();
setInterval(() => connection.list(), LIST_MS);
figures.start();
requestAnimationFrame(frame);
