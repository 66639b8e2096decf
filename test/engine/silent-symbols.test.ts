/** F16: a symbol that no longer speaks while others do. */
import { expect, it } from 'vitest';
import { SilentSymbols } from '../../src/engine/silent-symbols.js';

const [GONE, OTHER, QUIET] = [1, 2, 3];
const ALL = [GONE, OTHER, QUIET].map((id) => ({ id }));

function scene() {
  const counts = new Map<number, number>();
  const states = new Map<number, number>();
  const doubted: (readonly number[])[] = [];
  let now = 0;
  const symbols = new SilentSymbols({
    arrived: (id) => ({ messages: counts.get(id) ?? 0, states: states.get(id) ?? 0 }),
    doubt: (ids) => doubted.push(ids),
    now: () => now,
  });
  /** So many seconds in which these speak. */
  const pass = (seconds: number, ...ids: number[]): void => {
    for (let second = 0; second < seconds; second += 1) {
      now += 1_000;
      for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 10);
      symbols.check(ALL);
    }
  };
  return { symbols, pass, doubted, states };
}

it('a symbol whose silence is many times its usual distance is doubted, and again after twice the time', () => {
  const { pass, doubted } = scene();
  pass(30, GONE, OTHER);
  pass(5, OTHER);
  expect(doubted).toEqual([]);
  pass(1, OTHER);
  expect(doubted).toEqual([[GONE]]);
  pass(5, OTHER);
  expect(doubted).toEqual([[GONE]]);
  pass(1, OTHER);
  expect(doubted).toEqual([[GONE], [GONE]]);
});

it('one that never spoke, or pauses as it always did, is not; nor is any while nobody speaks', () => {
  const { pass, doubted } = scene();
  for (let times = 0; times < 4; times += 1) {
    pass(5, GONE, OTHER);
    pass(5, OTHER);
  }
  pass(1, GONE, OTHER);
  pass(8, OTHER);
  expect(doubted).toEqual([]);
  pass(1, GONE, OTHER);
  pass(600);
  expect(doubted).toEqual([]);
});

it('a state of the market that follows another one is looked into at once, the first one is not', () => {
  const { pass, doubted, states } = scene();
  pass(2, GONE, OTHER);
  states.set(GONE, 1);
  pass(1, GONE, OTHER);
  expect(doubted).toEqual([]);
  states.set(GONE, 2);
  pass(1, GONE, OTHER);
  expect(doubted).toEqual([[GONE]]);
});

it('the silence of a symbol that left counts from its return', () => {
  const { symbols, pass, doubted } = scene();
  pass(30, GONE, OTHER);
  pass(5, OTHER);
  symbols.forget(GONE);
  pass(6, OTHER);
  expect(doubted).toEqual([]);
  pass(1, OTHER);
  expect(doubted).toEqual([[GONE]]);
});

it('of thousands of symbols each is looked at in its turn', () => {
  const looked = new Set<number>();
  const many = Array.from({ length: 1_200 }, (_, id) => ({ id }));
  const arrived = (id: number) => {
    looked.add(id);
    return { messages: 0, states: 0 };
  };
  const symbols = new SilentSymbols({ arrived, doubt: () => {} });
  symbols.check(many);
  expect(looked.size).toBe(500);
  symbols.check(many);
  symbols.check(many);
  expect(looked.size).toBe(1_200);
});
