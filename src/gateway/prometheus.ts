/** Prometheus text, version 0.0.4, or OpenMetrics 1.0.0 for scrapers that ask for it. */

export type MetricKind = 'counter' | 'gauge' | 'histogram' | 'summary';
export type Labels = Readonly<Record<string, string | number>>;

/** Formats by what a scraper accepts; the older one is for everybody who does not say. */
export const FORMATS = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openMetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const;

/** Units that OpenMetrics wants to be told, by the end of a name. */
const UNITS = ['seconds', 'bytes', 'ratio'];

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

function sampleLine(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(`${text}`)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

export interface HistogramValues {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** Collects families of samples and prints them. */
export class Exposition {
  readonly #isOpen: boolean;
  readonly #lines: string[] = [];
  readonly #families = new Set<string>();

  constructor(format: keyof typeof FORMATS = 'prometheus') {
    this.#isOpen = format === 'openMetrics';
  }

  #family(name: string, kind: MetricKind, help: string): void {
    // A family stands in one place, or scrapers refuse the page.
    if (!NAME.test(name) || this.#families.has(name)) throw new Error(`metric ${name} is misnamed or stands there twice`);
    this.#families.add(name);
    // OpenMetrics calls a counter by its name without the ending that its sample has.
    const family = this.#isOpen && kind === 'counter' ? name.replace(/_total$/, '') : name;
    const text = this.#isOpen ? escapeHelp(help).replaceAll('"', '\\"') : escapeHelp(help);
    this.#lines.push(`# HELP ${family} ${text}`, `# TYPE ${family} ${kind}`);
    const unit = UNITS.find((ending) => family.endsWith(`_${ending}`));
    if (this.#isOpen && unit !== undefined) this.#lines.push(`# UNIT ${family} ${unit}`);
  }

  /** A counter or gauge. Without samples the family is left out. */
  add(name: string, kind: 'counter' | 'gauge', help: string, samples: readonly (readonly [Labels, number])[]): void {
    if (samples.length === 0) return;
    this.#family(name, kind, help);
    for (const [labels, value] of samples) this.#lines.push(sampleLine(name, labels, value));
  }

  /** One value without labels. */
  one(name: string, kind: 'counter' | 'gauge', help: string, value: number): void {
    this.add(name, kind, help, [[{}, value]]);
  }

  /** How many there were, and their sum, for each set of labels. */
  summaries(name: string, help: string, all: readonly (readonly [Labels, { readonly count: number; readonly sum: number }])[]) {
    if (all.length === 0) return;
    this.#family(name, 'summary', help);
    for (const [labels, { count, sum }] of all) {
      this.#lines.push(sampleLine(`${name}_sum`, labels, sum), sampleLine(`${name}_count`, labels, count));
    }
  }

  /** A histogram for each set of labels. `counts` are how many values do not exceed each of `bounds`, both ascending. */
  histograms(name: string, help: string, all: readonly (readonly [Labels, HistogramValues])[]): void {
    if (all.length === 0) return;
    this.#family(name, 'histogram', help);
    for (const [labels, { bounds, counts, count, sum }] of all) {
      for (const [index, bound] of bounds.entries()) {
        this.#lines.push(sampleLine(`${name}_bucket`, { ...labels, le: bound }, counts[index] ?? 0));
      }
      this.#lines.push(sampleLine(`${name}_bucket`, { ...labels, le: '+Inf' }, count));
      this.#lines.push(sampleLine(`${name}_sum`, labels, sum), sampleLine(`${name}_count`, labels, count));
    }
  }

  histogram(name: string, help: string, values: HistogramValues): void {
    this.histograms(name, help, [[{}, values]]);
  }

  get text(): string {
    return `${[...this.#lines, ...(this.#isOpen ? ['# EOF'] : [])].join('\n')}\n`;
  }
}
