/** The head of the instrument that is shown. */
import { useChanges } from './changes.js';
import { compact, decimal, percent } from './format.js';
import { stateOf } from './instruments.js';
import type { Market } from './markets.js';

const DRAW_MS = 100;

export function Summary({ market }: { readonly market: Market }): preact.JSX.Element {
  useChanges(market.changes, DRAW_MS);
  const { touch, figures, health, priceDecimals } = market;
  const { state, text } = stateOf(market);
  const last = market.prints[0];
  const change = figures === undefined || figures.open === 0 ? undefined : figures.close / figures.open - 1;
  const entries: readonly (readonly [name: string, value: string])[] = [
    ['Spread', touch === undefined ? '–' : `${market.priceText(touch.spread)} · ${touch.points.toFixed(2)} bp`],
    ['24 h low', figures === undefined ? '–' : decimal(figures.low, priceDecimals)],
    ['24 h high', figures === undefined ? '–' : decimal(figures.high, priceDecimals)],
    ['24 h volume', figures === undefined ? '–' : compact(figures.volume)],
    ['24 h trades', figures === undefined ? '–' : compact(figures.count)],
    ['Gaps', health === undefined ? '–' : compact(health.gaps)],
  ];
  return (
    <section class="panel summary" aria-label="Instrument" data-old={!market.isFresh}>
      <div class="title">
        <h2>{market.symbol}</h2>
        <span class="venue">{market.venue}</span>
        <span class="pill small" data-state={state === 'live' ? 'live' : state === 'offline' ? 'down' : 'warn'}>
          {text}
        </span>
      </div>
      <div class="price">
        <span id="last" class="last" data-direction={market.direction}>
          {last === undefined ? '–' : decimal(last.priceText, priceDecimals)}
        </span>
        <span class="change" data-direction={Math.sign(change ?? 0)}>
          {change === undefined ? '' : percent(change)}
        </span>
      </div>
      <dl>
        {entries.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
