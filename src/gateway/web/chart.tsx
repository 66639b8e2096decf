/** A uPlot chart that fits its place and follows the theme. */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useChanges } from './changes.js';
import { useSize } from './element.js';
import { color, type Theme } from './theme.js';

export interface Colors {
  readonly text: string;
  readonly grid: string;
  readonly up: string;
  readonly down: string;
  readonly upFill: string;
  readonly downFill: string;
  readonly accent: string;
  readonly accentFill: string;
}

const colors = (): Colors => ({
  text: color('muted'),
  grid: color('grid'),
  up: color('up'),
  down: color('down'),
  upFill: color('up-fill'),
  downFill: color('down-fill'),
  accent: color('accent'),
  accentFill: color('accent-fill'),
});

const FONT = '11px system-ui, sans-serif';

/** An axis in the page's own letters. */
export function axis({ text, grid }: Colors, more: Partial<uPlot.Axis> = {}): uPlot.Axis {
  return { stroke: text, font: FONT, grid: { stroke: grid, width: 1 }, ticks: { show: false }, gap: 4, ...more };
}

export interface ChartProps {
  readonly theme: Theme;
  /** What is drawn and how; made anew when the theme changes. */
  readonly options: (colors: Colors) => Omit<uPlot.Options, 'width' | 'height'>;
  readonly data: uPlot.AlignedData;
  readonly label: string;
}

export function Chart({ theme, options, data, label }: ChartProps): preact.JSX.Element {
  useChanges(theme.changes);
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const { width, height } = useSize(place);
  const isReady = width > 0 && height > 0;
  const isDark = theme.isDark;
  // Size and data are followed below; options belong to the theme.
  useEffect(() => {
    if (!isReady || place.current === null) return;
    plot.current = new uPlot({ width, height, ...options(colors()) }, data, place.current);
    return () => {
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [isReady, isDark]);
  useEffect(() => {
    if (isReady) plot.current?.setSize({ width, height });
  }, [isReady, width, height]);
  useEffect(() => plot.current?.setData(data), [data]);
  return <div class="chart" ref={place} role="img" aria-label={label} />;
}
