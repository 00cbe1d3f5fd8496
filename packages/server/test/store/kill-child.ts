// The process that the kill test kills: writes batches as fast as it can and says which were acknowledged, by writing their
// number to standard output before it goes on. Each batch is one trace whose id holds the round and the batch's number. With
// `upkeep` it also puts segments together all the time, and deletes every tenth batch, which it says with a minus before it.

import { writeSync } from 'node:fs'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { localStore } from '../../src/storage/api/local.ts'
import { segmentsStore } from '../../src/storage/segments/index.ts'
import { batchSpans, batchTraceId, killConfig } from './kill-data.ts'

const [dir = '', round = '0', upkeep = ''] = process.argv.slice(2)
const WRITERS = 4

const store = await localStore(segmentsStore, killConfig(dir, upkeep !== ''))
await store.start()
writeSync(1, 'ready\n')

let next = 0

async function writeForever(): Promise<void> {
  for (;;) {
    const number = next++
    const batch = scanOtlp(encodeTraces(batchSpans(Number(round), number)))
    try {
      await store.writer.write(batch)
      writeSync(1, `${number}\n`)
      if (upkeep !== '' && number % 10 === 3) await forget(number)
    } catch {
      // Full for now: this number stays unacknowledged, which the test allows.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

async function forget(number: number): Promise<void> {
  await store.reader.admin?.delete('', { traceIds: [batchTraceId(Number(round), number)] })
  writeSync(1, `-${number}\n`)
}

async function maintainForever(): Promise<void> {
  for (;;) {
    await store.reader.admin?.maintain()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

if (upkeep !== '') void maintainForever()
await Promise.all(Array.from({ length: WRITERS }, writeForever))
