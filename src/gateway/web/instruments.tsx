/** The list of instruments. Rows outside of what is seen are not in the page, and not followed. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useChanges } from './changes.js';
import { useSize } from './element.js';
import { compact, decimal, percent, rate } from './format.js';
import type { Market } from './markets.js';

const ROW_PX = 46;
/** Rows beyond the edges, so that scrolling shows no holes. */
const SPARE = 3;
/** Rows are drawn at most this often, ms. */
const DRAW_MS = 200;

interface Props {
  readonly listed: readonly Market[];
  readonly all: number;
  readonly selected: Market | undefined;
  readonly select: (market: Market) => void;
  readonly filter: string;
  readonly setFilter: (filter: string) => void;
  readonly search: preact.RefObject<HTMLInputElement | null>;
  readonly setVisible: (markets: readonly Market[]) => void;
}

export function Instruments({
  listed,
  all,
  selected,
  select,
  filter,
  setFilter,
  search,
  setVisible,
}: Props): preact.JSX.Element {
  const list = useRef<HTMLDivElement>(null);
  const { height } = useSize(list);
  const [top, setTop] = useState(0);
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE);
  const last = Math.min(listed.length, Math.ceil((top + height) / ROW_PX) + SPARE);
  const shown = listed.slice(first, last);
  const shownKeys = shown.map(({ key }) => key).join();
  // `shown` is another array each time; its keys tell whether it differs.
  useEffect(() => setVisible(shown), [shownKeys, setVisible]);

  const at = selected === undefined ? -1 : listed.indexOf(selected);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null || at < 0) return;
    if (at * ROW_PX < element.scrollTop) element.scrollTop = at * ROW_PX;
    else if ((at + 1) * ROW_PX > element.scrollTop + element.clientHeight)
      element.scrollTop = (at + 1) * ROW_PX - element.clientHeight;
  }, [at]);
  // The option that is selected is in the page only while it is seen.
  const isShown = at >= first && at < last;
  return (
    <section class="panel instruments" aria-label="Instruments">
      <div class="search">
        <input
          ref={search}
          id="filter"
          type="search"
          placeholder="Search  /"
          aria-label="Search instruments"
          aria-controls="instruments"
          autocomplete="off"
          spellcheck={false}
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' && event.key !== 'Enter') return;
            if (event.key === 'Escape') setFilter('');
            list.current?.focus();
          }}
        />
        <span class="count">{listed.length === all ? all : `${listed.length}/${all}`}</span>
      </div>
      <div
        ref={list}
        id="instruments"
        class="list"
        role="listbox"
        tabIndex={0}
        aria-label="Instruments"
        aria-activedescendant={isShown ? `option-${selected?.key}` : undefined}
        onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      >
        <div class="rows" role="presentation" style={{ height: `${listed.length * ROW_PX}px` }}>
          {shown.map((market, index) => (
            <Row
              key={market.key}
              market={market}
              isSelected={market === selected}
              select={select}
              top={(first + index) * ROW_PX}
              place={first + index + 1}
              count={listed.length}
            />
          ))}
        </div>
        {listed.length === 0 && <p class="none">{all === 0 ? 'No instruments yet.' : 'Nothing is called that.'}</p>}
      </div>
    </section>
  );
}

interface RowProps {
  readonly market: Market;
  readonly isSelected: boolean;
  readonly select: (market: Market) => void;
  readonly top: number;
  readonly place: number;
  readonly count: number;
}

const STATE_TEXT = {
  waiting: 'waiting',
  live: 'in sync',
  stale: 'stale',
  resync: 'resyncing',
  crossed: 'crossed',
  offline: 'old',
  removed: 'removed',
} as const;

/** Words for a market's state; in the list and above the ladder alike. */
export function stateOf(market: Market): { state: string; text: string } {
  const state = market.isFresh && market.health?.inSync === false ? 'resync' : market.state;
  return { state, text: STATE_TEXT[state] };
}

// The list as a whole has the focus and the keys; a row can be clicked besides.
function Row({ market, isSelected, select, top, place, count }: RowProps): preact.JSX.Element {
  useChanges(market.changes, DRAW_MS);
  const { state, text } = stateOf(market);
  const { touch, figures, health } = market;
  const last = market.prints[0];
  const change = figures === undefined || figures.open === 0 ? undefined : figures.close / figures.open - 1;
  return (
    <div
      id={`option-${market.key}`}
      class="instrument"
      role="option"
      tabIndex={-1}
      aria-selected={isSelected}
      aria-posinset={place}
      aria-setsize={count}
      data-key={market.key}
      data-state={state}
      style={{ top: `${top}px` }}
      onClick={() => select(market)}
      onKeyDown={(event) => event.key === 'Enter' && select(market)}
    >
      <span class="name">
        <i class="dot" data-state={state} aria-hidden="true" />
        <b>{market.symbol}</b>
      </span>
      <span class="last" data-direction={market.direction}>
        {last === undefined ? '–' : decimal(last.priceText, market.priceDecimals)}
      </span>
      <span class="change" data-direction={Math.sign(change ?? 0)} title="24 h">
        {change === undefined ? '' : percent(change)}
      </span>
      <span class="venue">
        {market.venue}
        {state !== 'live' && <em> · {text}</em>}
      </span>
      <span class="rate" title="Spread · 24-hour volume · updates a second">
        {touch === undefined ? '' : `${touch.points.toFixed(2)} bp · `}
        {/* Where something is wrong, the words for it need the room. */}
        {figures === undefined || state !== 'live' ? '' : `${compact(figures.volume)} · `}
        {health === undefined ? '' : rate(health.perSecond)}
      </span>
    </div>
  );
}
