// The options that the program really has: sound, and docs/configuration.md is what `npm run docs` makes of them.

import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { configurationMarkdown } from '../../src/cli/docs.ts'
import { sectionFaults } from '../../src/config/names.ts'
import { allInOne } from '../../src/roles/all-in-one.ts'

test('the options of every plugin are sound together', async () => {
  const { info } = await allInOne()
  expect(sectionFaults(info.sections)).toEqual([])
})

test('docs/configuration.md says what the program has (`npm run docs` writes it)', async () => {
  const { info } = await allInOne()
  const written = await readFile(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8')
  expect(written).toBe(configurationMarkdown({ 'all-in-one': info }))
})
