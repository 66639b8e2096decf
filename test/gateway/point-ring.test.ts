import { expect, it } from 'vitest';
import { PointRing } from '../../src/gateway/point-ring.js';
import { randomFrom } from './random-market.js';

const SEED = Number(process.env['TICKRING_SEED'] ?? Date.now() % 1_000_000);

it('the JSON of any points is what each of them was rendered to, however many came, were asked for and made room', () => {
  const random = randomFrom(SEED);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let round = 0; round < 60; round += 1) {
    const most = 1 + below(40);
    const ring = new PointRing(most);
    let points: string[] = [];
    let rendered = 0;
    // Texts of very different lengths, so that memory is taken and moved.
    const textOf = (number: number): string => `{"n":${number},"x":"${'y'.repeat((number * 7_919) % 500)}"}`;
    const render = (each: PointRing, at: number): string => {
      rendered += 1;
      return textOf(each.view.getUint32(at, true));
    };
    let number = 0;
    for (let step = 0; step < 60; step += 1) {
      if (random() < 0.02) {
        ring.clear();
        points = [];
      }
      for (let count = below(most * 3); count > 0; count -= 1) {
        const record = new Uint8Array(48);
        new DataView(record.buffer).setUint32(0, number, true);
        ring.add(record, 0, record.length, -2, -3);
        points.push(textOf(number));
        number += 1;
      }
      expect(ring.size).toBe(Math.min(points.length, most));
      if (ring.size === 0 || random() < 0.3) continue;
      const back = below(ring.size);
      const count = 1 + below(back + 1);
      const from = points.length - 1 - back;
      const text = Buffer.from(ring.json(back, count, render)).toString('latin1');
      const wanted = points.slice(from, from + count).map((each) => `${each},`);
      if (text !== wanted.join('')) expect.unreachable(`seed ${SEED}, round ${round}, step ${step}: ${text.slice(0, 200)}`);
    }
    // Nobody pays twice for a point.
    expect(rendered).toBeLessThanOrEqual(number);
  }
});
