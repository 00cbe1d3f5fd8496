// What small-disk.test.ts runs: fills the file system of a folder by spans, with something else on it that goes in between.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { isRetryable, toError } from '@spoor/core/base/errors'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import { type LocalStore, localStore } from '../../src/storage/api/local.ts'
import { segmentsStore } from '../../src/storage/segments/index.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { type Batch, keyOf, makeBatch } from './batches.ts'
import { look } from './look.ts'
import { simConfig } from './world.ts'

const MOST = 3000
/** So many refusals in a row are a full disk. */
const FULL = 3
const BALLAST_BYTES = 64 << 10

const dir = process.argv[2] ?? ''
const random = createRandom(1)
const taken: Batch[] = []
let sent = 0

async function open(): Promise<LocalStore> {
  const store = await localStore(segmentsStore, {
    ...simConfig({ dir: join(dir, 'store'), sync: 'interval' }),
    retentionMs: 0,
    retentionRules: [],
  })
  await store.start()
  return store
}

/** Writes until the disk is full, or `most` were taken; how many were refused. */
async function fill(store: LocalStore, most: number): Promise<number> {
  let refused = 0
  for (let row = 0, count = 0; row < FULL && count < most && sent < MOST;) {
    const batch = makeBatch(random, sent++, undefined, Date.now())
    try {
      await store.writer.write(scanOtlp(batch.bytes, { tenant: batch.tenant }))
      taken.push(batch)
      count++
      row = 0
    } catch (thrown) {
      if (!isRetryable(thrown)) throw thrown
      refused++
      row++
    }
  }
  return refused
}

/** Exactly what was taken is there, as it was. */
async function check(store: LocalStore, when: string): Promise<void> {
  const { spans, problems } = await look(store.reader)
  const wanted = new Map(taken.flatMap((batch) => batch.spans.map((span) => [keyOf(batch.tenant, span), span])))
  const lost = [...wanted].filter(([key, span]) => !isDeepStrictEqual(spans.get(key), span))
  const strange = [...spans.keys()].filter((key) => !wanted.has(key))
  if (lost.length + strange.length + problems.length > 0)
    throw new Error(`${when}: ${lost.length} spans lost, ${strange.length} never taken; ${problems.join('; ')}`)
}

async function main(): Promise<string> {
  const ballast = join(dir, 'ballast')
  writeFileSync(ballast, new Uint8Array(BALLAST_BYTES))
  let store = await open()
  let refused = await fill(store, MOST)
  await check(store, 'full')
  rmSync(ballast)
  const before = taken.length
  // First what waited is sealed; then there is room for so many.
  for (let tries = 0; taken.length < before + 5 && tries < 50; tries++) refused += await fill(store, 5)
  const more = taken.length - before
  refused += await fill(store, MOST)
  await store.reader.admin?.maintain().catch(() => undefined)
  await check(store, 'full again')
  await store.stop()
  store = await open()
  await check(store, 'after a restart')
  await store.stop()
  return `refused ${refused} of ${sent}, then ${more} more were taken\n`
}

try {
  process.stdout.write(await main())
} catch (thrown) {
  process.stderr.write(`${toError(thrown).stack ?? ''}\n`)
  process.exitCode = 1
}
