import { defineConfig, mergeConfig } from 'vitest/config'
import shared from '../../../vitest.config.ts'

export default mergeConfig(
  { ...shared, test: { ...shared.test, include: [] } },
  defineConfig({
    test: {
      include: ['test-slow/**/*.test.ts'],
      testTimeout: 3_600_000,
      reporters: ['verbose'],
    },
  }),
)
