import type { Histogram } from 'hdr-histogram-js';
import type { Claim } from './bench.js';

/** Readable on a light and on a dark page: the colours follow the reader's choice. */
const STYLE = `<style>
svg { font: 12px system-ui, sans-serif; background: #fff; color: #1b1f24; }
text { fill: currentColor; } .grid { stroke: #d0d7de; } .axis { stroke: #57606a; } .limit { stroke: #cf222e; stroke-dasharray: 4 3; }
.c0 { stroke: #0550ae; fill: #0550ae; } .c1 { stroke: #953800; fill: #953800; } .c2 { stroke: #116329; fill: #116329; }
.c3 { stroke: #6639ba; fill: #6639ba; } .c4 { stroke: #99286e; fill: #99286e; } .c5 { stroke: #57606a; fill: #57606a; }
.line { fill: none; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
svg { background: #0d1117; color: #e6edf3; } .grid { stroke: #30363d; } .axis { stroke: #8b949e; } .limit { stroke: #ff7b72; }
.c0 { stroke: #79c0ff; fill: #79c0ff; } .c1 { stroke: #ffa657; fill: #ffa657; } .c2 { stroke: #7ee787; fill: #7ee787; }
.c3 { stroke: #d2a8ff; fill: #d2a8ff; } .c4 { stroke: #ff9bce; fill: #ff9bce; } .c5 { stroke: #8b949e; fill: #8b949e; }
.line { fill: none; } }
</style>`;
const COLOURS = 6;
const WIDTH = 860;
const LEFT = 70;
const RIGHT = 20;
const TOP = 30;

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

function drawing(height: number, title: string, parts: readonly string[]): string {
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`;
  return `${open}\n<title>${xml(title)}</title>\n${STYLE}\n${parts.join('\n')}\n</svg>\n`;
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end' = 'start', colour = ''): string {
  const style = colour === '' ? '' : ` class="${colour}" stroke="none" style="stroke:none"`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${style}>${xml(words)}</text>`;
}

function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line class="${style}" x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}"/>`;
}

/** ns with the unit that suits it. */
export function duration(ns: number): string {
  if (ns < 1_000) return `${Number(ns.toPrecision(3))} ns`;
  return ns < 1_000_000 ? `${Number((ns / 1_000).toPrecision(3))} us` : `${Number((ns / 1_000_000).toPrecision(3))} ms`;
}

const PERCENTILES = [0, 50, 90, 99, 99.9, 99.99, 99.999] as const;

/** Percentile curves: the share of slower ones falls by 10 a step to the right, both axes logarithmic. */
export function percentileCurves(
  title: string,
  curves: readonly { readonly label: string; readonly histogram: Histogram }[],
): string {
  const height = TOP + 300 + 40 + curves.length * 18;
  const bottom = TOP + 300;
  const drawn = curves.filter(({ histogram }) => histogram.totalCount > 0);
  const lowest = Math.log10(Math.max(1, Math.min(...drawn.map(({ histogram }) => histogram.minNonZeroValue))));
  const highest = Math.log10(Math.max(10, ...drawn.map(({ histogram }) => histogram.maxValue)));
  const [from, to] = [Math.floor(lowest), Math.ceil(highest)];
  const x = (percentile: number): number =>
    LEFT + (Math.min(5, -Math.log10(1 - percentile / 100)) / 5) * (WIDTH - LEFT - RIGHT);
  const y = (ns: number): number => bottom - ((Math.log10(Math.max(1, ns)) - from) / (to - from || 1)) * (bottom - TOP);
  const parts = [text(WIDTH / 2, 18, title, 'middle')];
  for (let power = from; power <= to; power++) {
    parts.push(line(LEFT, y(10 ** power), WIDTH - RIGHT, y(10 ** power), 'grid'));
    parts.push(text(LEFT - 6, y(10 ** power) + 4, duration(10 ** power), 'end'));
  }
  for (const percentile of PERCENTILES) {
    parts.push(line(x(percentile), TOP, x(percentile), bottom, 'grid'));
    parts.push(text(x(percentile), bottom + 16, percentile === 0 ? 'min' : `p${percentile}`, 'middle'));
  }
  drawn.forEach(({ label, histogram }, index) => {
    const points: string[] = [];
    for (let step = 0; step <= 200; step++) {
      const percentile = 100 * (1 - 10 ** (-step / 40));
      // Beyond the last sample the curve would repeat it.
      if (histogram.totalCount * (1 - percentile / 100) < 1 && step > 0) break;
      points.push(`${x(percentile).toFixed(1)},${y(histogram.getValueAtPercentile(percentile)).toFixed(1)}`);
    }
    const colour = `c${index % COLOURS}`;
    parts.push(`<polyline class="${colour} line" style="fill:none" points="${points.join(' ')}"/>`);
    const at = bottom + 40 + index * 18;
    parts.push(line(LEFT, at - 4, LEFT + 20, at - 4, colour), text(LEFT + 28, at, `${label}, n ${histogram.totalCount}`));
  });
  return drawing(height, title, parts);
}

/** Intervals of the claims' ratios to their controls, and the limit where the ratio is what is judged. */
export function ratioIntervals(title: string, claims: readonly Claim[]): string {
  const drawn = claims.filter(({ control }) => control !== undefined && Number.isFinite(control.ratio.median));
  const label = 430;
  const height = TOP + 20 + drawn.length * 26 + 30;
  const limits = drawn.flatMap(({ judged, must }) => (judged === 'ratio' ? [must?.most ?? must?.least ?? 1] : []));
  const ends = drawn.flatMap(({ control }) => [control?.ratio.low ?? 1, control?.ratio.high ?? 1]).filter((end) => end > 0);
  const from = Math.floor(Math.log10(Math.min(1, ...ends, ...limits)));
  const to = Math.ceil(Math.log10(Math.max(10, ...ends, ...limits)));
  const x = (ratio: number): number =>
    label + ((Math.log10(Math.max(10 ** from, ratio)) - from) / (to - from)) * (WIDTH - label - RIGHT);
  const parts = [text(WIDTH / 2, 18, title, 'middle')];
  for (let power = from; power <= to; power++) {
    parts.push(line(x(10 ** power), TOP, x(10 ** power), height - 30, 'grid'));
    parts.push(text(x(10 ** power), height - 12, `${10 ** power}×`, 'middle'));
  }
  drawn.forEach(({ what, judged, must, control }, index) => {
    if (control === undefined) return;
    const y = TOP + 20 + index * 26;
    const limit = judged === 'ratio' ? (must?.most ?? must?.least) : undefined;
    if (limit !== undefined) parts.push(line(x(limit), y - 10, x(limit), y + 10, 'limit'));
    const { low, high, median } = control.ratio;
    parts.push(text(label - 8, y + 4, what.length > 64 ? `${what.slice(0, 63)}…` : what, 'end'));
    parts.push(line(x(low), y, x(high), y, 'c0'));
    for (const end of [low, high]) parts.push(line(x(end), y - 4, x(end), y + 4, 'c0'));
    parts.push(`<circle class="c0" cx="${x(median).toFixed(1)}" cy="${y}" r="3"/>`);
  });
  return drawing(height, title, parts);
}
