// Which rows of a batch or head are errors to their readers: by the status column, else by an attribute `error`. The hash of
// such an attribute only makes a row worth decoding.

import { STATUS_ERROR } from '@spoor/core/model/span'
import { isErrorSpan } from '@spoor/core/model/virtual-tags'
import { SpanDecoder } from '../../../wire/otlp/decode.ts'
import { attributeHashes } from '../../../wire/otlp/hash.ts'
import type { SpanBatch } from '../../../wire/otlp/span-batch.ts'

const [TRUE_BOOL = 0] = attributeHashes('error', { type: 'bool', value: true })
const [TRUE_TEXT = 0] = attributeHashes('error', { type: 'string', value: 'true' })

export class RowErrors {
  readonly #batch: SpanBatch
  #decoder: SpanDecoder | undefined
  #onlyStatus = false

  constructor(batch: SpanBatch) {
    this.#batch = batch
  }

  /** Looks once whether any of the first `rows` rows has such an attribute at all; asks for no others from then on. */
  lookAhead(rows: number): void {
    const { hashes, hashStart } = this.#batch
    const all = hashes.subarray(0, hashStart[rows])
    this.#onlyStatus = !all.includes(TRUE_BOOL) && !all.includes(TRUE_TEXT)
  }

  isError(row: number): boolean {
    const { status, hashes, hashStart } = this.#batch
    if (status[row] === STATUS_ERROR) return true
    if (this.#onlyStatus) return false
    const end = hashStart[row + 1] as number
    for (let at = hashStart[row] as number; at < end; at++) {
      const hash = hashes[at] as number
      if (hash === TRUE_BOOL || hash === TRUE_TEXT) return this.#decoded(row)
    }
    return false
  }

  #decoded(row: number): boolean {
    this.#decoder ??= new SpanDecoder(this.#batch)
    return isErrorSpan(this.#decoder.span(row))
  }
}
