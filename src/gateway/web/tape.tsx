/** Trades as they happen, newest first. */
import { useChanges } from './changes.js';
import { clock, decimal } from './format.js';
import type { Market } from './markets.js';

const DRAW_MS = 100;

export function Tape({ market }: { readonly market: Market }): preact.JSX.Element {
  useChanges(market.printed, DRAW_MS);
  const largest = market.prints.reduce((most, { qty }) => Math.max(most, qty), 0);
  return (
    <section class="panel tape" aria-label="Trades" data-old={market.state === 'offline'}>
      <header>
        <h3>Trades</h3>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <section class="tape-rows" tabIndex={0} aria-label="Newest first">
        <table aria-label={`Trades of ${market.symbol}, newest first`}>
          <thead>
            <tr class="tape-head">
              <th scope="col">Time</th>
              <th scope="col">Side</th>
              <th scope="col">Price</th>
              <th scope="col">Size</th>
            </tr>
          </thead>
          <tbody>
            {market.prints.map(({ id, at, isSell, priceText, qtyText, qty }) => (
              <tr
                key={id}
                class="print"
                data-side={isSell ? 'sell' : 'buy'}
                style={{ '--bar': largest === 0 ? '0%' : `${((qty / largest) * 100).toFixed(1)}%` }}
              >
                <td>{clock(at)}</td>
                <td class="side" title={isSell ? 'a seller took it' : 'a buyer took it'}>
                  {isSell ? '▼ sell' : '▲ buy'}
                </td>
                <td>{decimal(priceText, market.priceDecimals)}</td>
                <td>{decimal(qtyText, market.qtyDecimals)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {market.prints.length === 0 && <p class="none">No trade yet.</p>}
      </section>
    </section>
  );
}
