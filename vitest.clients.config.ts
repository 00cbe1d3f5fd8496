// What `npm run test:clients` runs: programs in other languages against one real Spoor. Apart from vitest.config.ts, because
// they need Go, Python and Java. scripts/test-clients.mjs makes the programs and starts this.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/server/test/clients/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
