// What vitest runs: every test of the workspace, in real processes; browsers and servers are started by the tests.
import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'tools/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    // Programs in other languages: vitest.clients.config.ts.
    exclude: [...configDefaults.exclude, 'packages/server/test/clients/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
