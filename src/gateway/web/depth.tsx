/** Cumulative depth of both sides. */
import { useMemo, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { useChanges } from './changes.js';
import { axis, Chart, type Colors } from './chart.js';
import { compact, percent } from './format.js';
import { depthOf } from './ladder.js';
import type { Market } from './markets.js';
import type { Theme } from './theme.js';

const DRAW_MS = 250;
/** Levels a side at most. */
const LEVELS_MAX = 500;

export function DepthChart({ market, theme }: { readonly market: Market; readonly theme: Theme }): preact.JSX.Element {
  useChanges(market.changes, DRAW_MS);
  const [under, setUnder] = useState('');
  const { book } = market;
  const known = book?.isKnown === true ? book : undefined;
  const seq = known?.seq;
  // The book is one object; its number says that it changed.
  const data = useMemo<uPlot.AlignedData>(() => {
    if (known === undefined) return [[], [], []];
    const { prices, bids, asks } = depthOf(known, market.price, market.qty, LEVELS_MAX);
    return [prices, bids, asks];
  }, [market, known, seq]);
  const totals = [data[1], data[2]].map((side) => Math.max(0, ...(side as (number | null)[]).map((total) => total ?? 0)));
  const options = useMemo(() => optionsOf(market, setUnder), [market]);
  return (
    <section class="panel depth" aria-label="Depth" data-old={!market.isFresh}>
      <header>
        <h3>Depth</h3>
        <span class="readout">{under || `bids ${compact(totals[0] ?? 0)} · asks ${compact(totals[1] ?? 0)}`}</span>
      </header>
      <Chart
        theme={theme}
        data={data}
        options={options}
        label={`Cumulative depth of ${market.symbol}: bids ${compact(totals[0] ?? 0)}, asks ${compact(totals[1] ?? 0)}`}
      />
    </section>
  );
}

function optionsOf(
  market: Market,
  setUnder: (text: string) => void,
): (colors: Colors) => Omit<uPlot.Options, 'width' | 'height'> {
  const stepped = (align: 1 | -1): uPlot.Series.PathBuilder | undefined => uPlot.paths.stepped?.({ align });
  const side = (stroke: string, fill: string, align: 1 | -1): uPlot.Series => {
    const paths = stepped(align);
    return { stroke, fill, width: 1.5, points: { show: false }, ...(paths === undefined ? {} : { paths }) };
  };
  return (colors) => ({
    legend: { show: false },
    padding: [8, 4, 0, 4],
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: false }, y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.05 : 1] } },
    axes: [
      axis(colors, { size: 22, space: 80, values: (_plot, splits) => splits.map((price) => price.toLocaleString('en')) }),
      axis(colors, { side: 1, size: 46, space: 32, values: (_plot, splits) => splits.map((value) => compact(value)) }),
    ],
    series: [{}, side(colors.up, colors.upFill, -1), side(colors.down, colors.downFill, 1)],
    hooks: {
      setCursor: [
        (plot) => {
          const index = plot.cursor.idx;
          const price = index === null || index === undefined ? undefined : plot.data[0][index];
          const total = index === null || index === undefined ? undefined : (plot.data[1]?.[index] ?? plot.data[2]?.[index]);
          const { touch } = market;
          if (price === undefined || total === null || total === undefined || touch === undefined) return setUnder('');
          const middle = (market.price(touch.bid) + market.price(touch.ask)) / 2;
          setUnder(`${price.toLocaleString('en')} (${percent(price / middle - 1)}): ${compact(total)}`);
        },
      ],
    },
  });
}
