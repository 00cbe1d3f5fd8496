// What Jaeger's thrift over HTTP costs the real program: the benchmark load as jaeger-clients would post it to 14268, bodies of
// 512 spans of one service, eight in flight, into the durable store. CPU is of the whole process, sealing included, until it
// is idle again. Writes bench/results/thrift-http.json. `--blocks=N --rounds=N`: N blocks of 5,120 spans, sent N times.

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { measureProgram } from './lib/http-program.ts'

const OUT = fileURLToPath(new URL('./results/thrift-http.json', import.meta.url))
const { values } = parseArgs({
  options: {
    blocks: { type: 'string', default: '25' },
    rounds: { type: 'string', default: '8' },
    out: { type: 'string', default: OUT },
  },
})

await measureProgram({
  client: fileURLToPath(new URL('./lib/thrift-http-load.ts', import.meta.url)),
  listener: 'jaegerHttp',
  args: [values.blocks, values.rounds, String(Date.now() - 3_000_000)],
  out: values.out,
})
