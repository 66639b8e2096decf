/** Who is served, what was dropped, and what this very page counted. */
import { useMemo } from 'preact/hooks';
import type uPlot from 'uplot';
import { useChanges } from './changes.js';
import { axis, Chart, type Colors } from './chart.js';
import { sum } from './exposition.js';
import { bytes, clock, compact, rate } from './format.js';
import type { Markets } from './markets.js';
import type { Metrics } from './metrics.js';
import type { Theme } from './theme.js';

interface Props {
  readonly metrics: Metrics;
  readonly markets: Markets;
  readonly theme: Theme;
}

type Entry = readonly [name: string, value: string, isBad?: boolean];

function entriesOf(metrics: Metrics, markets: Markets): Entry[] {
  const of = (name: string): number => sum(metrics.samples, `tickring_gateway_${name}`);
  const encodings = (metrics.samples.get('tickring_gateway_clients') ?? [])
    .filter(({ value }) => value > 0)
    .map(({ labels, value }) => `${value} ${labels['encoding']}`);
  const bad = (name: string, value: number): Entry => [name, compact(value), value > 0];
  const { stats } = markets.client;
  const doubts = stats.hashMismatches + stats.sequenceBreaks + stats.unreadable;
  return [
    ['Clients', encodings.join(', ') || '0'],
    ['Page: got', compact(stats.messages)],
    bad('Lagging', of('lagging_clients')),
    bad('Page: lost', Number(stats.lost)),
    bad('Dropped', of('dropped_messages_total')),
    bad('Page: wrong', doubts),
    bad('Closed, too slow', of('slow_closed_total')),
    bad('Page: reconnects', stats.reconnects),
    bad('Records lapped', of('lost_records_total')),
    ['Buffered', bytes(of('buffered_bytes'))],
  ];
}

export function GatewayPanel({ metrics, markets, theme }: Props): preact.JSX.Element {
  useChanges(metrics.changes);
  const { points } = metrics;
  const data = useMemo<uPlot.AlignedData>(
    () => [points.map(({ at }) => at / 1000), points.map(({ events }) => events)],
    [points],
  );
  return (
    <section class="panel gateway" aria-label="Clients" data-old={!metrics.isReachable}>
      <header>
        <h3>Clients and drops</h3>
        <span class="readout">events {rate(points.at(-1)?.events ?? 0)}</span>
      </header>
      <dl>
        {entriesOf(metrics, markets).map(([name, value, isBad]) => (
          <div key={name} data-bad={isBad}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Chart theme={theme} data={data} options={optionsOf} label="Events a second, last ten minutes" />
    </section>
  );
}

function optionsOf(colors: Colors): Omit<uPlot.Options, 'width' | 'height'> {
  return {
    legend: { show: false },
    padding: [6, 4, 0, 4],
    cursor: { show: false },
    scales: { y: { range: (_plot, _min, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      axis(colors, { size: 20, space: 90, values: (_plot, splits) => splits.map((at) => clock(at * 1000)) }),
      axis(colors, { side: 1, size: 42, space: 28, values: (_plot, splits) => splits.map((value) => compact(value)) }),
    ],
    series: [{}, { stroke: colors.accent, fill: colors.accentFill, width: 1.5, points: { show: false } }],
  };
}
