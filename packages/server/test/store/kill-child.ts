// The process that the kill test kills: writes batches as fast as it can and says which were acknowledged, by writing their
// number to standard output before it goes on. Each batch is one trace whose id holds the round and the batch's number.

import { writeSync } from 'node:fs'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { localStore } from '../../src/storage/api/local.ts'
import { segmentsStore } from '../../src/storage/segments/index.ts'
import { batchSpans, killConfig } from './kill-data.ts'

const [dir = '', round = '0'] = process.argv.slice(2)
const WRITERS = 4

const store = await localStore(segmentsStore, killConfig(dir))
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
    } catch {
      // Full for now: this number stays unacknowledged, which the test allows.
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

await Promise.all(Array.from({ length: WRITERS }, writeForever))
