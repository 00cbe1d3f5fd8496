// How long the OTLP scanner takes a span, on the benchmark load: one thread, warm, bytes in the cache as after receiving
// them, column memory used again as the receivers do. Prints a line, and the same as JSON with --json.

import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { createColumnMemoryPool } from 'spoor/wire/otlp/column-memory'
import { scanOtlp } from 'spoor/wire/otlp/scan'

const ROUNDS = 60
/** As the receivers do. */
const memories = createColumnMemoryPool()
const load = makeLoad({ seed: 1, blocks: 1 })
const requests = Array.from({ length: load.requestCount }, (_, i) => load.request(i).bytes)
const bytesASpan = requests.reduce((sum, bytes) => sum + bytes.length, 0) / load.spanCount

let rows = 0
let hashes = 0
const times: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const begun = process.cpuUsage()
  for (const bytes of requests) {
    const memory = memories.take()
    const batch = scanOtlp(bytes, { memory })
    rows += batch.spanCount - batch.refused.length
    hashes += batch.hashes.length
    memories.give(memory)
  }
  const used = process.cpuUsage(begun)
  times.push((used.user + used.system) / load.spanCount)
}
if (rows !== load.spanCount * ROUNDS) throw new Error(`the scanner refused spans of the load: ${rows} rows`)

const warm = times.slice(2).toSorted((a, b) => a - b)
const result = {
  name: 'scan-otlp',
  cpuMicrosASpan: { median: warm[warm.length >> 1], best: warm[0], worst: warm.at(-1), first: times[0] },
  bytesASpan: Math.round(bytesASpan),
  hashesASpan: Number((hashes / rows).toFixed(1)),
}
if (process.argv.includes('--json')) console.log(JSON.stringify(result))
else {
  const { median = 0, best = 0, first = 0 } = result.cpuMicrosASpan
  const shape = `${result.bytesASpan} bytes and ${result.hashesASpan} hashes a span`
  console.log(`scan: ${median.toFixed(3)} µs CPU a span (best ${best.toFixed(3)}, cold ${first.toFixed(3)}), ${shape}`)
}
