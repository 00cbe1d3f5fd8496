// Readers of other protocols with the builders that they write OTLP into, used again and again: a fresh quarter of a megabyte
// for each request costs more than reading it. One per request under way, as its bytes must stay until the store has answered.

import { OtlpBatchBuilder } from '../../wire/otlp/batch-builder.ts'

export interface Converter<Reader> {
  readonly builder: OtlpBatchBuilder
  /** Writes into the builder. */
  readonly reader: Reader
}

export interface ConverterPool<Reader> {
  take(): Converter<Reader>
  /** Once nobody reads the builder's bytes any more. */
  give(converter: Converter<Reader>): void
}

const MAX_IDLE = 16
/** A builder keeps its memory: after a large batch it is not worth keeping. */
const MAX_KEPT_BYTES = 512 * 1024

export function createConverterPool<Reader>(
  createReader: (builder: OtlpBatchBuilder) => Reader,
): ConverterPool<Reader> {
  const idle: Converter<Reader>[] = []
  return {
    take(): Converter<Reader> {
      const found = idle.pop()
      if (found !== undefined) return found
      const builder = new OtlpBatchBuilder()
      return { builder, reader: createReader(builder) }
    },
    give(converter): void {
      if (idle.length >= MAX_IDLE || converter.builder.size > MAX_KEPT_BYTES) return
      converter.builder.clear()
      idle.push(converter)
    },
  }
}
