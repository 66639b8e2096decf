import { defineConfig } from 'vitest/config';

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
  },
});
