/** Prometheus text exposition, version 0.0.4. */

export type MetricKind = 'counter' | 'gauge' | 'histogram';
export type Labels = Readonly<Record<string, string | number>>;

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');

function sampleLine(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(`${text}`)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`;
}

/** Collects families of samples and prints them. */
export class Exposition {
  readonly #lines: string[] = [];
  readonly #families = new Set<string>();

  #family(name: string, kind: MetricKind, help: string): void {
    // A family stands in one place, or scrapers refuse the page.
    if (!NAME.test(name) || this.#families.has(name)) throw new Error(`metric ${name} is misnamed or stands there twice`);
    this.#families.add(name);
    this.#lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${kind}`);
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

  /** A histogram. `counts` are how many values do not exceed each of `bounds`, both ascending. */
  histogram(
    name: string,
    help: string,
    { bounds, counts, count, sum }: { bounds: readonly number[]; counts: readonly number[]; count: number; sum: number },
  ): void {
    this.#family(name, 'histogram', help);
    for (const [index, bound] of bounds.entries()) {
      this.#lines.push(sampleLine(`${name}_bucket`, { le: bound }, counts[index] ?? 0));
    }
    this.#lines.push(sampleLine(`${name}_bucket`, { le: '+Inf' }, count));
    this.#lines.push(sampleLine(`${name}_sum`, {}, sum), sampleLine(`${name}_count`, {}, count));
  }

  get text(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}
