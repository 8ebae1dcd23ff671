import { defineConfig } from 'vitest/config'
import quick from './vitest.config.ts'

// The heavier suites: `npm run test:slow`, and part of `.ci/run`. They install what they need, or say what they skip.
export default defineConfig({
  ...quick,
  test: {
    ...quick.test,
    include: ['**/test/**/*.slow.ts'],
    outputFile: { json: '.vitest/slow.json' },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
})
