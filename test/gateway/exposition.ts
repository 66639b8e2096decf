/** A strict reader of the Prometheus text format 0.0.4: whatever a scraper might refuse throws here. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const HELP = new RegExp(`^# HELP (${NAME}) (.+)$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`);
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (-?[0-9][0-9.]*(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/;

export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Family>();
  let current: Family | undefined;
  let help: RegExpExecArray | null = null;
  for (const line of text.slice(0, -1).split('\n')) {
    if (line.startsWith('# HELP ')) {
      help = HELP.exec(line);
      if (help === null) throw new Error(`bad help: ${line}`);
      continue;
    }
    const type = TYPE.exec(line);
    if (type !== null) {
      const [, name = '', kind = ''] = type;
      if (help?.[1] !== name || families.has(name)) throw new Error(`family ${name} has no help or stands there twice`);
      current = { name, type: kind, help: help[2] ?? '', samples: [] };
      families.set(name, current);
      continue;
    }
    if (current === undefined) throw new Error(`sample outside a family: ${line}`);
    current.samples.push(parseSample(line, current));
  }
  for (const family of families.values()) checkFamily(family);
  return families;
}

function parseSample(line: string, family: Family): Sample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`bad sample: ${line}`);
  const [, name = '', labelText = '', value = ''] = match;
  const suffixes = { histogram: ['_bucket', '_sum', '_count'], summary: ['_sum', '_count'] }[family.type] ?? [''];
  if (!suffixes.some((suffix) => name === family.name + suffix)) throw new Error(`sample ${name} in family ${family.name}`);
  return { name, labels: parseLabels(labelText), value: Number(value.replace('Inf', 'Infinity')) };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const match = LABEL.exec(rest);
    if (match === null) throw new Error(`bad labels: ${text}`);
    const [all, name = '', value = ''] = match;
    if (name in labels) throw new Error(`label ${name} twice: ${text}`);
    labels[name] = value.replace(/\\(["\\n])/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
    rest = rest.slice(all.length);
  }
  return labels;
}

function checkFamily({ name, type, samples }: Family): void {
  const keys = samples.map((sample) => JSON.stringify([sample.name, Object.entries(sample.labels).sort()]));
  if (new Set(keys).size !== keys.length) throw new Error(`family ${name} repeats a sample`);
  if ((type === 'counter') !== name.endsWith('_total')) throw new Error(`${type} ${name} is misnamed`);
  if (type !== 'counter' && samples.some(({ value }) => Number.isNaN(value))) throw new Error(`${name} is NaN`);
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) throw new Error(`counter ${name} is negative`);
  if (type !== 'histogram') return;
  const others = ({ labels: { le: _, ...rest } }: Sample): string => JSON.stringify(Object.entries(rest).sort());
  for (const key of new Set(samples.map(others))) {
    checkHistogram(
      name,
      samples.filter((sample) => others(sample) === key),
    );
  }
}

/** One histogram: samples whose labels differ by the bound alone. */
function checkHistogram(name: string, samples: readonly Sample[]): void {
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  const bounds = buckets.map(({ labels }) => Number((labels['le'] ?? '').replace('+Inf', 'Infinity')));
  const count = samples.find((sample) => sample.name === `${name}_count`)?.value;
  for (let index = 1; index < buckets.length; index += 1) {
    const [before, after] = [buckets[index - 1], buckets[index]];
    if (!((bounds[index] ?? 0) > (bounds[index - 1] ?? 0))) throw new Error(`${name}: bounds do not rise`);
    if (before !== undefined && after !== undefined && after.value < before.value) throw new Error(`${name}: buckets fall`);
  }
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY || buckets.at(-1)?.value !== count)
    throw new Error(`${name}: no +Inf bucket of all`);
  if (!samples.some((sample) => sample.name === `${name}_sum`)) throw new Error(`${name}: no sum`);
}
