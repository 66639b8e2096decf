/** Name, health and the figures that matter most; below it what is wrong, if anything. */
import { useChanges } from './changes.js';
import { sum } from './exposition.js';
import { compact, duration, rate, span } from './format.js';
import type { Markets } from './markets.js';
import type { Metrics } from './metrics.js';
import type { Theme } from './theme.js';

interface HeaderProps {
  readonly markets: Markets;
  readonly metrics: Metrics;
  readonly theme: Theme;
  readonly openHelp: () => void;
}

type Overall = readonly [state: 'live' | 'warn' | 'down' | 'waiting', text: string];

/** The worst of: connection, engine, books. */
function overall(markets: Markets, metrics: Metrics): Overall {
  const { state } = markets.connection;
  if (state === 'waiting' || (!metrics.isReachable && metrics.health !== undefined)) return ['down', 'reconnecting…'];
  if (state !== 'open' || metrics.health === undefined) return ['waiting', 'connecting…'];
  if (metrics.health.engine !== 'live') return ['down', `engine ${metrics.health.engine}`];
  if (metrics.inSync < metrics.instruments) return ['warn', 'books out of sync'];
  return metrics.health.status === 'healthy' ? ['live', 'live'] : ['warn', metrics.health.status];
}

export function Header({ markets, metrics, theme, openHelp }: HeaderProps): preact.JSX.Element {
  useChanges(metrics.changes);
  useChanges(markets.connected);
  const [state, text] = overall(markets, metrics);
  return (
    <header class="top">
      <h1>
        <Logo />
        Tickring
      </h1>
      <output id="state" class="pill" data-state={state}>
        {text}
      </output>
      <Tiles metrics={metrics} />
      <div class="tools">
        <button type="button" onClick={() => theme.toggle()} aria-label="Switch between dark and light" title="Theme (t)">
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path fill="currentColor" d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.5v11a5.5 5.5 0 0 1 0-11Z" />
          </svg>
        </button>
        <button type="button" onClick={openHelp} aria-label="Keys and help" title="Help (?)">
          ?
        </button>
      </div>
    </header>
  );
}

function Tiles({ metrics }: { readonly metrics: Metrics }): preact.JSX.Element {
  const { statistics, health, samples, isReachable } = metrics;
  const ms = (value: number | null | undefined): string =>
    duration(value === null || value === undefined ? null : value / 1000);
  const drops = sum(samples, 'tickring_gateway_dropped_messages_total') + sum(samples, 'tickring_gateway_slow_closed_total');
  const tiles: readonly (readonly [id: string, name: string, value: string, title: string])[] = [
    ['updates', 'Events', statistics ? rate(statistics.data_points_per_second) : '–', 'Events published to the ring'],
    ['frames', 'Frames', statistics ? rate(statistics.messages_per_second) : '–', 'Frames received from venues'],
    ['p50', 'Latency p50', ms(statistics?.latency_stats.p50), "From a frame's arrival to the ring, since the engine's start"],
    ['p99', 'Latency p99', ms(statistics?.latency_stats.p99), "From a frame's arrival to the ring, since the engine's start"],
    ['sync', 'In sync', health ? `${metrics.inSync}/${metrics.instruments}` : '–', 'Books proven in sync'],
    ['gaps', 'Gaps', compact(sum(samples, 'tickring_gaps_total')), "Since the engine's start"],
    ['clients', 'Clients', compact(sum(samples, 'tickring_gateway_clients')), 'WebSocket clients of this gateway'],
    ['drops', 'Drops', compact(drops), 'Messages dropped for slow clients, and clients closed for it'],
    ['uptime', 'Up', health ? span(health.uptime_seconds) : '–', "Since the gateway's start"],
  ];
  return (
    <dl class="tiles" data-old={!isReachable}>
      {tiles.map(([id, name, value, title]) => (
        <div key={id} title={title}>
          <dt>{name}</dt>
          <dd id={id}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Logo(): preact.JSX.Element {
  return (
    <svg viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
      <circle cx="12" cy="12" r="9" fill="none" stroke="#3b82f6" stroke-width="3" />
      <path d="M12 3a9 9 0 0 1 9 9" fill="none" stroke="#10b981" stroke-width="3" />
      <circle cx="12" cy="12" r="2.6" fill="#10b981" />
    </svg>
  );
}

/** What is wrong, in words; nothing where all is well. */
export function Notice({
  markets,
  metrics,
}: {
  readonly markets: Markets;
  readonly metrics: Metrics;
}): preact.JSX.Element | null {
  useChanges(metrics.changes);
  useChanges(markets.connected);
  const text = noticeOf(markets, metrics);
  // Kept in the page while it is empty, so that what comes into it is read out.
  return (
    <p id="notice" class="notice" role="alert" hidden={text === ''}>
      {text}
    </p>
  );
}

function noticeOf(markets: Markets, metrics: Metrics): string {
  const { state, reason } = markets.connection;
  if (state === 'waiting') return `Reconnecting… What is shown is old. (${reason.replace(' ;', ';')})`;
  if (metrics.health !== undefined && !metrics.isReachable)
    return 'Reconnecting… The gateway does not answer; figures are old.';
  if (metrics.health === undefined || state !== 'open') return '';
  if (metrics.health.engine !== 'live') return `The engine is ${metrics.health.engine}: books are as they were when it went.`;
  const lost = markets.all.filter(({ health }) => health !== undefined && !health.inSync).map(({ key }) => key);
  if (lost.length === 0) return '';
  const more = lost.length > 4 ? ` and ${lost.length - 4} more` : '';
  return `Out of sync, being rebuilt: ${lost.slice(0, 4).join(', ')}${more}`;
}
