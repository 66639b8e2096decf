/** One readable line for each thing that is wrong: where, which key, which value, which limit. */
import type { z } from 'zod';
import { nearest } from './nearest.js';
import { keysAt } from './schema.js';
import type { Layers } from './source.js';

type Issue = z.core.$ZodIssue;

/** Values without JSON: a list that holds itself, a bigint of a program's. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return typeof value === 'object' ? 'without end' : String(value);
  }
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : jsonOf(value);
  return (text ?? 'nothing').slice(0, 80);
}

function keyOf(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

/** What is wrong, after "key value". */
function complaint(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `is no ${{ int: 'whole number', array: 'list', object: 'map of keys', record: 'map of keys' }[issue.expected as string] ?? issue.expected}`;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `has fewer than ${issue.minimum}`
        : `is below ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `has more than ${issue.maximum}`
        : `exceeds ${issue.maximum}`;
    case 'invalid_value':
      return `is none of ${issue.values.map(String).join(', ')}`;
    default:
      return issue.message;
  }
}

/** The lines of one issue; an unknown key gets one each. */
export function describe(issue: Issue, layers: Layers): string[] {
  const at = (path: readonly PropertyKey[]): string => {
    const origin = layers.originOf(path);
    return origin === undefined ? '' : `${origin}: `;
  };
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(issue.path) ?? [];
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const like = nearest(key, known);
      return `${at(path)}unknown key ${keyOf(path)}${like === undefined ? `, known are ${known.join(', ')}` : `, did you mean ${like}?`}`;
    });
  }
  const value = layers.get(issue.path.map((part) => (typeof part === 'number' ? part : String(part))));
  if (value === undefined) return [`${at(issue.path)}${keyOf(issue.path)} is missing`];
  return [`${at(issue.path)}${keyOf(issue.path)} ${shown(hidden(issue.path, value))} ${complaint(issue)}`];
}

/** Replaces user and password in addresses; other values stay as they are. */
export function hideSecrets<T>(value: T): T | string {
  return typeof value === 'string' ? value.replace(/^([a-z][a-z0-9+.-]*:\/\/).*@/is, '$1***@') : value;
}

/** What is wrong with an address that holds a password may be that it cannot be told from the rest. */
function hidden(path: readonly PropertyKey[], value: unknown): unknown {
  return path[0] === 'redis_url' && !URL.canParse(String(value)) ? '***' : hideSecrets(value);
}
