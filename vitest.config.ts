import { defineConfig } from 'vitest/config'

// One configuration for every package; their scripts name it, so turbo can cache each package by itself.
export default defineConfig({
  ssr: {
    resolve: {
      conditions: ['@fs/source', 'module', 'node'],
      // Reaches child processes and, through their inherited arguments, worker threads: sources run without a build.
      externalConditions: ['@fs/source', 'node'],
    },
  },
  test: {
    include: ['**/test/**/*.test.ts'],
    benchmark: { include: ['**/test/**/*.bench.ts'] },
    reporters: ['default', 'json'],
    outputFile: { json: '.vitest/results.json' },
    testTimeout: 30_000,
  },
})
