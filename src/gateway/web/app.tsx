/** The page: what is where, which instrument is shown, and the keys. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { useChanges } from './changes.js';
import { DepthChart } from './depth.js';
import { FeedTimeline } from './feed-timeline.js';
import { GatewayPanel } from './gateway-panel.js';
import { Header, Notice } from './header.js';
import { Help } from './help.js';
import { Instruments } from './instruments.js';
import { KeyDialog } from './key-dialog.js';
import { LadderPanel } from './ladder-panel.js';
import { LatencyPanel } from './latency-panel.js';
import type { Market, Markets } from './markets.js';
import type { Metrics } from './metrics.js';
import type { Session } from './session.js';
import { Summary } from './summary.js';
import { Tape } from './tape.js';
import type { Theme } from './theme.js';

export interface AppProps {
  readonly markets: Markets;
  readonly metrics: Metrics;
  readonly session: Session;
  readonly theme: Theme;
}

/** `#venue.symbol`: a link leads to an instrument. */
function keyOfLocation(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}

/**
 * The instrument of a key, the first one where there is none of it. What is on the screen stays there, whatever comes before it in the
 * list, and also when it is removed: nobody may take another one's prices for those that he was looking at.
 */
function useShown(markets: Markets, key: string): Market | undefined {
  const shown = useRef<Market | undefined>(undefined);
  const before = shown.current;
  const isStill = before !== undefined && (key === '' || key === before.key);
  shown.current = markets.get(key) ?? (isStill ? (markets.get(before.key) ?? before) : markets.all[0]);
  return shown.current;
}

export function App({ markets, metrics, session, theme }: AppProps): preact.JSX.Element {
  useChanges(markets.changes);
  useChanges(markets.connected);
  useChanges(session.changes);
  const [key, setKey] = useState(keyOfLocation);
  const [filter, setFilter] = useState('');
  const [visible, setVisible] = useState<readonly Market[]>([]);
  const [isHelp, setHelp] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const selected = useShown(markets, key);

  const words = filter.trim().toUpperCase().split(/\s+/).filter(Boolean);
  const listed = markets.all.filter((market) => words.every((word) => market.key.toUpperCase().includes(word)));

  const select = useCallback((market: Market | undefined) => {
    if (market === undefined) return;
    history.replaceState(null, '', `#${encodeURIComponent(market.key)}`);
    setKey(market.key);
  }, []);

  useEffect(() => {
    markets.want(selected === undefined ? visible : [...visible, selected]);
  }, [markets, selected, visible]);
  useEffect(() => {
    const follow = (): void => setKey(keyOfLocation());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  useKeys({ listed, selected, select, search, theme, openHelp: () => setHelp(true) });

  const isOffline = markets.connection.state !== 'open';
  return (
    <div class="page" data-offline={isOffline}>
      <Header markets={markets} metrics={metrics} theme={theme} openHelp={() => setHelp(true)} />
      <Notice markets={markets} metrics={metrics} />
      <main class="panes">
        <Instruments
          listed={listed}
          all={markets.all.length}
          selected={selected}
          select={select}
          filter={filter}
          setFilter={setFilter}
          search={search}
          setVisible={setVisible}
        />
        {selected === undefined ? (
          <section class="panel empty" aria-label="Instrument">
            <p>Waiting for the first instrument.</p>
          </section>
        ) : (
          <div class="market" key={selected.key}>
            <Summary market={selected} />
            <LadderPanel market={selected} />
            <DepthChart market={selected} theme={theme} />
            <Tape market={selected} />
          </div>
        )}
        <div class="engine">
          <LatencyPanel metrics={metrics} />
          <FeedTimeline metrics={metrics} theme={theme} />
          <GatewayPanel metrics={metrics} markets={markets} theme={theme} />
        </div>
      </main>
      {isHelp && <Help session={session} close={() => setHelp(false)} />}
      {session.isAsking && <KeyDialog session={session} />}
    </div>
  );
}

interface Keys {
  readonly listed: readonly Market[];
  readonly selected: Market | undefined;
  readonly select: (market: Market | undefined) => void;
  readonly search: preact.RefObject<HTMLInputElement | null>;
  readonly theme: Theme;
  readonly openHelp: () => void;
}

/** Keys that hold wherever the focus is, but in fields and dialogs. */
function useKeys({ listed, selected, select, search, theme, openHelp }: Keys): void {
  useEffect(() => {
    const move = (by: number): void => {
      const at = selected === undefined ? -1 : listed.indexOf(selected);
      select(listed[Math.min(Math.max(at + by, 0), listed.length - 1)]);
    };
    const onKey = (event: KeyboardEvent): void => {
      const { target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]') !== null) return;
      const isField = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
      if (isField && !(target === search.current && (event.key === 'ArrowDown' || event.key === 'ArrowUp'))) return;
      if (event.key === 'ArrowDown' || event.key === 'j') move(1);
      else if (event.key === 'ArrowUp' || event.key === 'k') move(-1);
      else if (event.key === '/') search.current?.focus();
      else if (event.key === '?') openHelp();
      else if (event.key === 't') theme.toggle();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [listed, selected, select, search, theme, openHelp]);
}
