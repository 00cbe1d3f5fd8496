// Writes the spans of the server's probes (query/prober.ts), on the thread of the receivers and through the store's writer, as
// theirs go. They are counted nowhere: books of received and stored spans are about clients.

import { randomBytes } from 'node:crypto'
import { PROBE_TENANT } from '../storage/api/probe.ts'
import type { SpanWriter } from '../storage/api/store.ts'
import { OtlpBatchBuilder } from '../wire/otlp/batch-builder.ts'
import { scanOtlp } from '../wire/otlp/scan.ts'

export interface WrittenProbe {
  readonly traceId: string
  readonly startNs: bigint
  readonly ackSeconds: number
  /** process.hrtime.bigint() of the acknowledgement: one clock for all threads. */
  readonly acknowledgedAt: bigint
}

const SERVICE = 'spoor-prober'

/** Rejects where the store refuses the span. */
export async function writeProbe(writer: SpanWriter): Promise<WrittenProbe> {
  const traceId = randomBytes(16)
  const startNs = BigInt(Date.now()) * 1_000_000n
  const builder = new OtlpBatchBuilder(512)
  builder.startResource('', 0)
  builder.attribute({ key: 'service.name', value: { type: 'string', value: SERVICE } })
  builder.startScope('', '', '', 0)
  builder.startSpan(traceId, randomBytes(8), undefined, 'probe')
  builder.times(startNs, startNs)
  const batch = scanOtlp(builder.finish(), { tenant: PROBE_TENANT })
  const began = process.hrtime.bigint()
  await writer.write(batch)
  const acknowledgedAt = process.hrtime.bigint()
  return {
    traceId: traceId.toString('hex'),
    startNs,
    ackSeconds: Number(acknowledgedAt - began) / 1e9,
    acknowledgedAt,
  }
}
