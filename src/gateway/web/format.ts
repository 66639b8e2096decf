/** Numbers and times as people read them. */

/** `64000.1` with 2 decimals → `64,000.10`. Works on the text: no digit is rounded. */
export function decimal(text: string, decimals: number): string {
  const [whole = '', fraction = ''] = text.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const padded = fraction.padEnd(decimals, '0');
  return padded === '' ? grouped : `${grouped}.${padded}`;
}

const SUFFIXES = ['', 'K', 'M', 'B', 'T', 'Q'];

/** Three digits, with a suffix: `12.3K`. A count is whole, and below a thousand written as it is. */
export function compact(value: number, isCount = Number.isInteger(value)): string {
  if (!Number.isFinite(value)) return '–';
  let rest = Math.abs(value);
  let at = 0;
  while (rest >= 999.5 && at < SUFFIXES.length - 1) {
    rest /= 1000;
    at += 1;
  }
  const digits = rest >= 99.95 || (at === 0 && isCount) ? 0 : rest >= 9.995 ? 1 : 2;
  return `${value < 0 ? '−' : ''}${rest.toFixed(digits)}${SUFFIXES[at]}`;
}

export function rate(perSecond: number): string {
  return `${compact(perSecond >= 10 ? Math.round(perSecond) : Math.round(perSecond * 10) / 10)}/s`;
}

export function bytes(value: number): string {
  return value < 1000 ? `${Math.round(value)} B` : `${compact(value)}B`.replace('KB', ' kB').replace(/([MGT])B$/, ' $1B');
}

export function percent(share: number): string {
  const text = Math.abs(share * 100).toFixed(2);
  return `${text === '0.00' ? '' : share > 0 ? '+' : '−'}${text} %`;
}

/** A duration given in seconds, in the unit that reads best. */
export function duration(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return '–';
  for (const [unit, size] of [
    ['s', 1],
    ['ms', 1e-3],
    ['µs', 1e-6],
  ] as const) {
    if (seconds >= size) return `${threeDigits(seconds / size)} ${unit}`;
  }
  return `${Math.round(seconds * 1e9)} ns`;
}

const threeDigits = (value: number): string => value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);

/** `3 d 4 h`, `4 h 5 min`, `5:06`. */
export function span(seconds: number): string {
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)];
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes}:${`${rest}`.padStart(2, '0')}`;
}

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** Local time of day. */
export const clock = (ms: number): string => CLOCK.format(ms);
