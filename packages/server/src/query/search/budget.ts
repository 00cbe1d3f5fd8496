// What one search may still take: time, bytes and number of traces. Kept in one place, so that whatever ends a search early
// says so in the answer. Never throws for a spent budget; a caller that went away is an error.

import { SpoorError, toError } from '@spoor/core/base/errors'
import type { SearchBudget, SpentBudget } from '../service.ts'

export class Budget {
  readonly #deadline: number
  readonly #signal: AbortSignal | undefined
  #bytes: number
  #traces: number
  #overdrawn = false
  /** What ran out first. */
  spent: SpentBudget | undefined

  constructor(most: Required<SearchBudget>, asked: SearchBudget, signal: AbortSignal | undefined) {
    this.#deadline = performance.now() + Math.min(most.ms, asked.ms ?? most.ms)
    this.#bytes = Math.min(most.bytes, asked.bytes ?? most.bytes)
    this.#traces = Math.min(most.traces, asked.traces ?? most.traces)
    this.#signal = signal
  }

  /** False where the search has to end with what it has. Throws SpoorError `cancelled` where its caller is gone. */
  goesOn(): boolean {
    this.checkAbort()
    if (this.spent === undefined && performance.now() > this.#deadline) this.spent = 'time'
    return this.spent === undefined
  }

  /** Of the traces that are to be read only to look at them, those that may be. */
  allow<T>(traces: readonly T[]): readonly T[] {
    const allowed = traces.slice(0, this.#traces)
    if (allowed.length < traces.length) this.#overdrawn = true
    this.#traces -= allowed.length
    return allowed
  }

  /** What was allowed is done: says that it was not all. */
  settle(): void {
    if (this.#overdrawn) this.spent ??= 'traces'
  }

  /** Bytes of a trace that was read. */
  takeBytes(bytes: number): void {
    this.#bytes -= bytes
    if (this.#bytes < 0) this.spent ??= 'bytes'
  }

  checkAbort(cause?: unknown): void {
    if (this.#signal?.aborted !== true) return
    const options = cause === undefined ? {} : { cause: toError(cause) }
    throw new SpoorError('cancelled', 'client_gone', 'the caller went away', options)
  }
}
