/** Where each value comes from: a line of a file, a variable of the environment, a flag. Later layers win key by key. */
import { readFileSync, statSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { TickringError } from '../../model/errors.js';

const FILE_BYTES_MAX = 1 << 20;

/** A tree of plain values, and for each path in it where it was said. */
export class Layers {
  readonly values: Record<string, unknown> = Object.create(null);
  readonly #origins = new Map<string, string>();

  /** Sets one value; maps and lists on the way are made. */
  set(path: readonly (string | number)[], value: unknown, origin: string): void {
    let place: Record<string | number, unknown> = this.values;
    for (const [index, key] of path.slice(0, -1).entries()) {
      const present = place[key];
      const next =
        typeof present === 'object' && present !== null
          ? present
          : typeof path[index + 1] === 'number'
            ? []
            : Object.create(null);
      place[key] = next;
      place = next as Record<string | number, unknown>;
    }
    place[path.at(-1) ?? ''] = value;
    this.mark(path, origin);
  }

  get(path: readonly (string | number)[]): unknown {
    let value: unknown = this.values;
    for (const key of path)
      value = typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
    return value;
  }

  mark(path: readonly PropertyKey[], origin: string): void {
    this.#origins.set(path.map(String).join('\0'), origin);
  }

  /** Where a value was said, or the nearest part that holds it. */
  originOf(path: readonly PropertyKey[]): string | undefined {
    for (let length = path.length; length >= 0; length--) {
      const origin = this.#origins.get(path.slice(0, length).map(String).join('\0'));
      if (origin !== undefined) return origin;
    }
    return undefined;
  }
}

function readText(file: string): string {
  try {
    const { size } = statSync(file);
    if (size > FILE_BYTES_MAX)
      throw new TickringError('CONFIG_INVALID', `${file}: size ${size} exceeds ${FILE_BYTES_MAX} bytes`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof TickringError) throw error;
    throw new TickringError('CONFIG_INVALID', `cannot read ${file}: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    });
  }
}

/** Adds a YAML file: one document, a map at the top. */
export function addFile(layers: Layers, file: string): void {
  const lines = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const lineOf = (offset: number): string => `${file}:${lines.linePos(offset).line}`;
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new TickringError('CONFIG_INVALID', `${lineOf(problem.pos[0])}: ${problem.message.split('\n')[0]}`);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return;
  if (!isMap(contents)) throw new TickringError('CONFIG_INVALID', `${lineOf(contents.range[0])}: the top is no map of keys`);
  const note = (node: Node | null, path: readonly string[]): void => {
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const place = [...path, String((key as { value?: unknown }).value)];
        layers.mark(place, lineOf((key as Node).range?.[0] ?? 0));
        note(value as Node | null, place);
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) {
        const place = [...path, String(index)];
        layers.mark(place, lineOf((item as Node).range?.[0] ?? 0));
        note(item as Node, place);
      }
    }
  };
  note(contents, []);
  let values: Record<string, unknown>;
  try {
    values = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // An alias of nothing, or far too many of them.
    throw new TickringError('CONFIG_INVALID', `${file}: ${(error as Error).message}`, { cause: error });
  }
  for (const [key, value] of Object.entries(values)) {
    Object.defineProperty(layers.values, key, { value, enumerable: true, configurable: true, writable: true });
  }
}
