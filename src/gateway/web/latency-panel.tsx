/** How long things take, by stage: distribution and percentiles of the last minute. */
import { useState } from 'preact/hooks';
import { useChanges } from './changes.js';
import { type Histogram, increase, quantile } from './exposition.js';
import { compact, duration } from './format.js';
import type { Metrics } from './metrics.js';

const SHARES = [
  ['p50', 0.5],
  ['p90', 0.9],
  ['p99', 0.99],
  ['p99.9', 0.999],
] as const;
/** What the stages show too, under names that older dashboards read. */
const HIDDEN: readonly string[] = [
  'market_data_latency_seconds',
  'market_data_venue_latency_seconds',
  'marketdata_processing_latency_seconds',
];

interface Stage {
  readonly key: string;
  readonly title: string;
  readonly help: string;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** `receive_to_ring` → `receive → ring`; without a label the metric's own name. */
function titleOf({ name, labels }: Histogram): string {
  const label = Object.values(labels).join(' ') || name.replace(/^tickring_|_latency_seconds$|_seconds$/g, '');
  return label.replaceAll('_to_', ' → ').replaceAll('_', ' ');
}

/** Stages with what they counted lately. */
function stagesOf({ histograms }: Metrics): Stage[] {
  const [before, now] = [histograms[0], histograms.at(-1)];
  const isLately = histograms.length > 1;
  return (now ?? [])
    .filter(({ name }) => !HIDDEN.includes(name) && name.endsWith('_seconds'))
    .map((one) => {
      const counts = increase(one, isLately ? before?.find(({ key }) => key === one.key) : undefined);
      return { key: one.key, title: titleOf(one), help: one.help, bounds: one.bounds, counts };
    });
}

export function LatencyPanel({ metrics }: { readonly metrics: Metrics }): preact.JSX.Element {
  useChanges(metrics.changes);
  const [chosen, choose] = useState<string | undefined>(undefined);
  const stages = stagesOf(metrics);
  const shown = stages.find(({ key }) => key === chosen) ?? stages[0];
  return (
    <section class="panel latency" aria-label="Latency" data-old={!metrics.isReachable}>
      <header>
        <h3>Latency</h3>
        <span class="readout">
          last minute{shown && `: ${compact(shown.counts.reduce((all, count) => all + count, 0))} values`}
        </span>
      </header>
      <table>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            {SHARES.map(([name]) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {stages.map(({ key, title, help, bounds, counts }) => (
            <tr key={key} title={help} data-selected={key === shown?.key}>
              <th scope="row">
                <button type="button" class="stage" aria-pressed={key === shown?.key} onClick={() => choose(key)}>
                  {title}
                </button>
              </th>
              {SHARES.map(([name, share]) => (
                <td key={name}>{duration(quantile(bounds, counts, share))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {shown === undefined ? <p class="none">No figures yet.</p> : <Bars stage={shown} />}
    </section>
  );
}

/** Bars of the buckets that hold something, and of those between them. */
function Bars({ stage: { bounds, counts, title } }: { readonly stage: Stage }): preact.JSX.Element {
  const held = counts.flatMap((count, index) => (count > 0 ? [index] : []));
  const from = Math.max(0, (held[0] ?? 0) - 1);
  const to = Math.max((held.at(-1) ?? 0) + 1, from + 8);
  const all = counts.reduce((total, count) => total + count, 0);
  const most = Math.max(1, ...counts);
  const shown = counts.slice(from, to + 1);
  return (
    <div class="bars" role="img" aria-label={`Distribution of ${title}: ${compact(all)} values`}>
      {shown.map((count, index) => {
        const bound = bounds[from + index] ?? Number.POSITIVE_INFINITY;
        const text = Number.isFinite(bound) ? duration(bound).replace(/\.0+ /, ' ') : 'more';
        // One label a decade is enough to read the others, and fits.
        const isDecade = Number.isInteger(Math.round(Math.log10(bound) * 1000) / 1000);
        const share = all === 0 ? 0 : count / all;
        return (
          <div key={bound} class="bucket" title={`≤ ${text}: ${compact(count)} (${(share * 100).toFixed(2)} %)`}>
            <span class="bar-place">
              <i style={{ height: `${count === 0 ? 0 : Math.max(1.5, (count / most) * 100)}%` }} />
            </span>
            <span class="bound">{isDecade ? text : ''}</span>
          </div>
        );
      })}
    </div>
  );
}
