import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export.
export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests start whole engines; more files at once than cores would only make deadlines fight.
    maxWorkers: 2,
    // Venues of the conformance suite run beside each other: most of their time is waiting.
    maxConcurrency: 16,
    pool: 'forks',
  },
});
