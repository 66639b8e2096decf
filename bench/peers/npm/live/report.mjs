/** What a client of a served recording tells whoever started it. */
import { once } from 'node:events';
import { writeSync } from 'node:fs';

/** Until stdin ends: all is played. */
export async function ended() {
  process.stdin.resume();
  await once(process.stdin, 'end');
}

/** Levels as plain texts, best first. */
export function rows(side) {
  return [...side].map(([price, qty]) => [plain(price), plain(qty)]);
}

/** A number, without an exponent. */
export function plain(value) {
  const text = String(value);
  const [, digits, fraction = '', power] = /^(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (digits === undefined) return text;
  const places = fraction.length - Number(power);
  const all = (digits + fraction).padStart(places + 1, '0');
  return places <= 0 ? all + '0'.repeat(-places) : `${all.slice(0, -places)}.${all.slice(-places)}`;
}

/** One line on stdout, and the end. */
export function tell(report) {
  const bytes = Buffer.from(`${JSON.stringify(report)}\n`);
  for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at);
  process.exit(0);
}
