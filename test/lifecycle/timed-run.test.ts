import { afterEach, beforeEach, expect, test } from 'vitest';
import { Product, summaryOf } from './product.js';

let product: Product;
beforeEach(() => {
  product = new Product();
});
afterEach(() => product.remove());

test('lifecycle: a timed run ends with 0 and tells its figures in one JSON object', async () => {
  const ended = await product.start('--for', '3s', '--json').ended;
  expect({ code: ended.code, stderr: ended.code === 0 ? '' : ended.stderr }).toEqual({ code: 0, stderr: '' });
  const summary = summaryOf(ended);
  expect(summary).toMatchObject({ gaps: 0, quarantined: 0, books: 8, books_in_sync: 8, books_equal: 8 });
  for (const figure of ['frames', 'events', 'frames_per_second']) expect(summary[figure]).toBeGreaterThan(100);
  const { p50, p99, p999 } = summary['latency_ns'] as Record<string, number>;
  expect(p50).toBeGreaterThan(0);
  expect(p99).toBeGreaterThanOrEqual(p50 ?? Number.NaN);
  expect(p999).toBeGreaterThanOrEqual(p99 ?? Number.NaN);
});
