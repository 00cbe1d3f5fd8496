// How a long search shares its thread: in slices of a few milliseconds, and no longer than its caller wants the answer.

import { setImmediate } from 'node:timers/promises'
import { SpoorError } from '@spoor/core/base/errors'
import type { ReadOptions } from '../store.ts'

const SLICE_MS = 4

/** Gives way to other work every few milliseconds, and ends where the caller has gone. */
export class Turns {
  readonly #options: ReadOptions
  #held = false
  #until = performance.now() + SLICE_MS

  constructor(options: ReadOptions) {
    this.#options = options
  }

  /** Until release(): everything in one go. */
  hold(): void {
    this.#held = true
  }

  release(): void {
    this.#held = false
  }

  get over(): boolean {
    return !this.#held && performance.now() > this.#until
  }

  /** False where the caller's budget is spent. Throws SpoorError `cancelled`. */
  async pause(): Promise<boolean> {
    if (this.#options.signal?.aborted === true) throw new SpoorError('cancelled', 'aborted', 'the caller went away')
    if (this.#options.goesOn?.() === false) return false
    await setImmediate()
    this.#until = performance.now() + SLICE_MS
    return true
  }
}
