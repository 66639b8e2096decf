/** The price ladder: bids left, asks right, prices between them, sizes as bars. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useChanges } from './changes.js';
import { useSize } from './element.js';
import { compact, decimal } from './format.js';
import { type Row, rowOf, rowsOf, STEPS, stepFor } from './ladder.js';
import type { Market } from './markets.js';

const ROW_PX = 20;
/** Head, and what stands between the sides. */
const OTHER_PX = 22 + 26;
/** Rows a side while the place is not measured yet, and the least. */
const ROWS_MIN = 8;

export function LadderPanel({ market }: { readonly market: Market }): preact.JSX.Element {
  useChanges(market.changes);
  const place = useRef<HTMLDivElement>(null);
  const { height } = useSize(place);
  const count = Math.max(ROWS_MIN, Math.floor((height - OTHER_PX) / 2 / ROW_PX));
  const [chosen, choose] = useState<number | undefined>(undefined);
  const automatic = useAutomaticStep(market, count);
  const ticks = chosen ?? automatic;
  useStepKeys(ticks, choose);

  const { book, tick } = market;
  const step = tick * BigInt(ticks);
  const isKnown = book?.isKnown === true;
  const asks = isKnown ? rowsOf(book, true, step, count) : [];
  const bids = isKnown ? rowsOf(book, false, step, count) : [];
  const largest = [...asks, ...bids].reduce((most, { qty }) => (qty > most ? qty : most), 1n);
  const stepText = (each: number): string => decimal(market.priceText(tick * BigInt(each)), 0);
  return (
    <section class="panel ladder" aria-label="Price ladder" data-old={!market.isFresh}>
      <header>
        <h3>Ladder</h3>
        <label>
          Step
          <select
            id="step"
            value={chosen ?? 'auto'}
            onChange={({ currentTarget: { value } }) => choose(value === 'auto' ? undefined : Number(value))}
          >
            <option value="auto">auto: {stepText(automatic)}</option>
            {STEPS.map((each) => (
              <option key={each} value={each}>
                {stepText(each)}
              </option>
            ))}
          </select>
        </label>
      </header>
      <div ref={place} class="ladder-place">
        <table
          class="ladder-rows"
          aria-label={`Book of ${market.symbol}, best prices in the middle`}
          data-update-id={isKnown ? `${book.lastUpdateId}` : ''}
          data-step={market.priceText(step)}
        >
          <thead>
            <tr class="ladder-head">
              {['Total', 'Bid', 'Price', 'Ask', 'Total'].map((name, index) => (
                <th key={index < 3 ? name : `${name}, ask`} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          {isKnown && (
            <>
              <Side rows={asks.toReversed()} market={market} isAsk largest={largest} step={step} />
              <Spread market={market} bids={bids} asks={asks} />
              <Side rows={bids} market={market} isAsk={false} largest={largest} step={step} />
            </>
          )}
        </table>
        {!isKnown && <p class="none">{market.state === 'resync' ? 'Resyncing…' : 'Waiting for the book…'}</p>}
      </div>
    </section>
  );
}

/** Chosen once the book is there, and kept: a ladder that changes its steps by itself cannot be read. */
function useAutomaticStep(market: Market, count: number): number {
  const kept = useRef<{ count: number; step: number } | undefined>(undefined);
  if (kept.current?.count !== count && market.book?.isKnown) {
    kept.current = { count, step: stepFor(market.book, market.tick, count) };
  }
  return kept.current?.step ?? STEPS[0];
}

/** `[` and `]` make the steps finer and coarser. */
function useStepKeys(ticks: number, choose: (ticks: number) => void): void {
  useEffect(() => {
    const onKey = ({ key, target }: KeyboardEvent): void => {
      if (target instanceof HTMLInputElement || (key !== '[' && key !== ']')) return;
      const at = (STEPS as readonly number[]).indexOf(ticks) + (key === ']' ? 1 : -1);
      const next = STEPS[at];
      if (next !== undefined) choose(next);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [ticks, choose]);
}

interface SideProps {
  readonly rows: readonly Row[];
  readonly market: Market;
  readonly isAsk: boolean;
  readonly largest: bigint;
  readonly step: bigint;
}

function Side({ rows, market, isAsk, largest, step }: SideProps): preact.JSX.Element {
  const last = market.prints[0];
  const { touch } = market;
  // Rounded to a coarse step, a price between the sides would stand on both.
  const isHere = last !== undefined && touch !== undefined && (isAsk ? last.mantissa >= touch.ask : last.mantissa <= touch.bid);
  const lastRow = isHere ? rows.find(({ price }) => price === rowOf(last.mantissa, step, isAsk)) : undefined;
  return (
    <tbody class={isAsk ? 'asks' : 'bids'}>
      {rows.map((row, index) => {
        const { price, qty, total } = row;
        const size = qty === 0n ? '' : decimal(market.qtyText(qty), market.qtyDecimals);
        const sum = qty === 0n ? '' : compact(market.qty(total), false);
        const bar = `${(Number((qty * 1000n) / largest) / 10).toFixed(1)}%`;
        // Rows keep their place and change what they say: nothing is made or thrown away as prices move.
        return (
          <tr key={index} class="level">
            <td class="total">{isAsk ? '' : sum}</td>
            <td class="size" style={isAsk ? {} : { '--bar': bar }}>
              {isAsk ? '' : size}
            </td>
            <td class="at" data-last={row === lastRow ? (last?.isSell ? 'sell' : 'buy') : undefined}>
              {decimal(market.priceText(price), market.priceDecimals)}
            </td>
            <td class="size" style={isAsk ? { '--bar': bar } : {}}>
              {isAsk ? size : ''}
            </td>
            <td class="total">{isAsk ? sum : ''}</td>
          </tr>
        );
      })}
    </tbody>
  );
}

interface SpreadProps {
  readonly market: Market;
  readonly bids: readonly Row[];
  readonly asks: readonly Row[];
}

/** Between the sides: how far they are apart, and which of them weighs more within the rows shown. */
function Spread({ market, bids, asks }: SpreadProps): preact.JSX.Element {
  const { touch } = market;
  const [below, above] = [market.qty(bids.at(-1)?.total ?? 0n), market.qty(asks.at(-1)?.total ?? 0n)];
  const share = below + above === 0 ? 0.5 : below / (below + above);
  return (
    <tbody>
      <tr class="spread-row" style={{ '--bids': `${(share * 100).toFixed(1)}%` }}>
        <td class="weight" data-side="bid" title="Share of the bids within these rows">
          {Math.round(share * 100)} %
        </td>
        <td class="middle">
          {touch === undefined
            ? 'one side is empty'
            : `spread ${market.priceText(touch.spread)} · ${touch.points.toFixed(2)} bp`}
        </td>
        <td class="weight" data-side="ask" title="Share of the asks within these rows">
          {100 - Math.round(share * 100)} %
        </td>
      </tr>
    </tbody>
  );
}
