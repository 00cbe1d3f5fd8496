// A short, fixed part of `npm run sim`.

import { expect, test } from 'vitest'
import { CRASHES } from '@spoor/testkit/faults/sim-disk'
import { explore, type Exploration, FAULTS, liveDay, settingsOf } from './explore.ts'

async function findings(exploration: Omit<Exploration, 'onTry'>): Promise<{ tries: number; wrong: unknown[] }> {
  const wrong: unknown[] = []
  let tries = 0
  await explore({
    ...exploration,
    onTry(finding) {
      tries++
      if (finding !== undefined) wrong.push(finding)
    },
  })
  return { tries, wrong }
}

test('the same seed is the same day, and it has everything in it', async () => {
  const options = { settings: settingsOf(3), seed: 3, keep: (): boolean => false }
  const day = await liveDay(options)
  expect(day.problems).toEqual([])
  expect((await liveDay(options)).operations).toEqual(day.operations)
  const done = new Set(day.operations.map(({ what, path }) => `${what} ${path.replace(/\/.*\./, ' ')}`))
  for (const one of [
    'rename segments segment',
    'remove segments segment',
    'rename rollups rollup',
    'remove rollups rollup',
  ])
    expect(done).toContain(one)
  for (const one of ['write MANIFEST', 'rename MANIFEST', 'sync spool spool', 'remove spool spool'])
    expect(done).toContain(one)
})

test('the machine or the process dies at any moment: what was promised is there, once, and nothing that was deleted', async () => {
  for (const seed of [0, 1]) {
    const { tries, wrong } = await findings({ seed, step: 53, first: 5 + seed, crashes: CRASHES, faults: [] })
    expect(wrong).toEqual([])
    expect(tries).toBeGreaterThan(45)
  }
})

test('any operation of the disk fails in any way: the same holds, and the store goes on', async () => {
  const { tries, wrong } = await findings({ seed: 2, step: 211, first: 12, crashes: [], faults: FAULTS })
  expect(wrong).toEqual([])
  expect(tries).toBeGreaterThan(28)
})
