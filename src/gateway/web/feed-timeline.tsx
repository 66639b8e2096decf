/** The last ten minutes of each venue's feed: in sync or not, gaps, resyncs; and what happened, in words. */
import { useEffect, useRef } from 'preact/hooks';
import { useChanges } from './changes.js';
import { useSize } from './element.js';
import { clock } from './format.js';
import { type LaneSample, type LaneState, type Metrics, PAST_MAX } from './metrics.js';
import { color, type Theme } from './theme.js';

const SPAN_MS = PAST_MAX * 1000;
/** Samples further apart than this are not joined: nobody looked in between. */
const JOIN_MS = 5_000;
const COLORS: Readonly<Record<LaneState, string>> = { live: 'up', partial: 'warn', silent: 'faint', away: 'down' };
const WORDS: Readonly<Record<LaneState, string>> = {
  live: 'in sync',
  partial: 'partly out of sync',
  silent: 'silent',
  away: 'engine away',
};

export function FeedTimeline({ metrics, theme }: { readonly metrics: Metrics; readonly theme: Theme }): preact.JSX.Element {
  useChanges(metrics.changes);
  useChanges(theme.changes);
  const lanes = [...metrics.lanes].sort(([a], [b]) => a.localeCompare(b));
  return (
    <section class="panel timeline" aria-label="Feeds">
      <header>
        <h3>Feeds</h3>
        <span class="legend">
          <i data-kind="live" /> in sync <i data-kind="warn" /> rebuilding <i data-kind="gap" /> gap <i data-kind="resync" />{' '}
          resync
        </span>
      </header>
      <div class="lanes">
        {lanes.map(([venue, lane]) => (
          <Lane key={venue} venue={venue} lane={lane} at={lane.at(-1)?.at ?? 0} isDark={theme.isDark} />
        ))}
        <div class="scale" aria-hidden="true">
          <span>−10 min</span>
          <span>−5</span>
          <span>now</span>
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys. */}
      <ol class="events" aria-label="What happened, newest first" tabIndex={0}>
        {metrics.events.map(({ id, at, kind, where, text }) => (
          <li key={id} data-kind={kind}>
            <time>{clock(at)}</time>
            <b>{text}</b>
            <span>{where}</span>
          </li>
        ))}
        {metrics.events.length === 0 && <li class="quiet">Nothing since this page was opened.</li>}
      </ol>
    </section>
  );
}

interface LaneProps {
  readonly venue: string;
  readonly lane: readonly LaneSample[];
  /** Time of the newest sample: what makes it be drawn again. */
  readonly at: number;
  readonly isDark: boolean;
}

function Lane({ venue, lane, at, isDark }: LaneProps): preact.JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height } = useSize(place);
  // The lane is one array; its newest time says that it changed.
  useEffect(() => {
    if (canvas.current !== null && width > 0) draw(canvas.current, lane, width, height);
  }, [at, isDark, width, height]);
  const gaps = lane.reduce((total, sample) => total + sample.gaps, 0);
  const resyncs = lane.reduce((total, sample) => total + sample.resyncs, 0);
  const state = lane.at(-1)?.state ?? 'away';
  return (
    <div class="lane">
      <span class="lane-name" title={venue}>
        <i class="dot" data-state={state === 'live' ? 'live' : state === 'away' ? 'offline' : 'stale'} aria-hidden="true" />
        {venue}
      </span>
      <div ref={place} class="lane-place">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`${venue}: now ${WORDS[state]}; ${gaps} gaps, ${resyncs} resyncs in ten minutes`}
        />
      </div>
      <span class="lane-count" title={`${gaps} gaps, ${resyncs} resyncs in ten minutes`}>
        {gaps}
      </span>
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, lane: readonly LaneSample[], width: number, height: number): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  context.scale(scale, scale);
  const now = Date.now();
  const xOf = (at: number): number => width * (1 - (now - at) / SPAN_MS);
  const [top, band] = [height * 0.3, height * 0.4];
  context.fillStyle = color('track');
  context.fillRect(0, top, width, band);
  for (const [index, { at, state }] of lane.entries()) {
    const next = lane[index + 1]?.at ?? now;
    const from = xOf(at);
    const to = xOf(next - at > JOIN_MS ? at + 1000 : next);
    context.fillStyle = color(COLORS[state]);
    context.fillRect(from, top, Math.max(1, to - from + 0.5), band);
  }
  for (const { at, gaps, resyncs } of lane) {
    if (gaps > 0) mark(context, xOf(at), 0, height, color('down'));
    else if (resyncs > 0) mark(context, xOf(at), height * 0.15, height * 0.7, color('warn'));
  }
}

function mark(context: CanvasRenderingContext2D, x: number, top: number, height: number, fill: string): void {
  context.fillStyle = fill;
  context.fillRect(x - 1, top, 2.5, height);
}
