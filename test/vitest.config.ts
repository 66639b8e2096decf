import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those of a minute and more, longest first: one that began last would be waited for alone. */
const LONG = [
  'journal/kills',
  'engine/rotation',
  'engine/book-accuracy',
  'capi/install',
  'gateway/crowd/crowd',
  'simulator/market',
  'cli/journal',
  'engine/missed-trades',
  'engine/connections',
  'engine/figures',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const index = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return index < 0 ? LONG.length : index;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests start whole engines and mostly wait for them; many more files at once than cores would make deadlines fight.
    maxWorkers: 3,
    // Venues of the conformance suite run beside each other: most of their time is waiting.
    maxConcurrency: 16,
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
  },
});
