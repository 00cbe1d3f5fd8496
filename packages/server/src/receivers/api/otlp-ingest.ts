// From the bytes of an OTLP request to the pipeline's answer, with the memory of its columns taken before and given back
// after: the store has copied what it keeps once it has answered.

import type { Ingest, IngestResult, IngestSource } from '../../pipeline/ingest.ts'
import { createColumnMemoryPool } from '../../wire/otlp/column-memory.ts'
import { scanOtlp } from '../../wire/otlp/scan.ts'

/** Rejects as scanOtlp() throws and as Ingest.accept() rejects. `bytes` is the caller's again once it has settled. */
export type OtlpIngest = (bytes: Uint8Array) => Promise<IngestResult>

export function createOtlpIngest(ingest: Ingest, source: IngestSource): OtlpIngest {
  const memories = createColumnMemoryPool()
  return async (bytes) => {
    const memory = memories.take()
    try {
      return await ingest.accept(scanOtlp(bytes, { tenant: '', memory }), source)
    } finally {
      memories.give(memory)
    }
  }
}
