// Time that passes only when nothing else can happen: stands in for the timers and the clock of this process, so that a store
// that waits a second for a disk is tested in no time, and the same way each time. One at a time in a process.

import { setImmediate as turn } from 'node:timers/promises'

/** So many turns of the event loop without an end mean that only a timer can bring it. */
const IDLE_TURNS = 24

interface Timer {
  readonly id: number
  at: number
  readonly every: number | undefined
  readonly run: () => void
}

type Kept = Pick<typeof globalThis, 'setTimeout' | 'clearTimeout' | 'setInterval' | 'clearInterval'> & {
  readonly dateNow: () => number
  readonly performanceNow: () => number
}

export class VirtualClock {
  #nowMs: number
  #timers = new Map<number, Timer>()
  #ids = 0
  #kept: Kept | undefined
  readonly #isBusy: () => boolean
  /** Small steps between two looks at the clock, so that whoever works until a time comes to an end. */
  #steps = 0

  /** While `isBusy` something happens, so no time passes. */
  constructor(startMs: number, isBusy: () => boolean) {
    this.#nowMs = startMs
    this.#isBusy = isBusy
  }

  /** Whole milliseconds since 1970. */
  get nowMs(): number {
    return Math.floor(this.#nowMs)
  }

  /** From now on this is the time of the process. */
  start(): void {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis
    this.#kept = {
      setTimeout,
      clearTimeout,
      setInterval,
      clearInterval,
      dateNow: Date.now,
      performanceNow: performance.now,
    }
    const clear = (timer: unknown): void => {
      if (typeof timer === 'object' && timer !== null && 'id' in timer) this.#timers.delete(Number(timer.id))
    }
    const set =
      (repeat: boolean) =>
      (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
        this.#add(() => run(...args), Math.max(0, ms), repeat)
    Object.assign(globalThis, {
      setTimeout: set(false),
      setInterval: set(true),
      clearTimeout: clear,
      clearInterval: clear,
    })
    Date.now = () => this.nowMs
    performance.now = () => this.#nowMs + this.#steps++ / 100
  }

  /** The real time is back; what waits is forgotten. */
  stop(): void {
    if (this.#kept === undefined) return
    const { dateNow, performanceNow, ...timers } = this.#kept
    Object.assign(globalThis, timers)
    Date.now = dateNow
    performance.now = performanceNow
    this.#kept = undefined
    this.#timers.clear()
  }

  /** Nothing waits any more. */
  forget(): void {
    this.#timers.clear()
  }

  #add(run: () => void, ms: number, repeat: boolean): object {
    const id = ++this.#ids
    this.#timers.set(id, { id, at: this.#nowMs + ms, every: repeat ? Math.max(1, ms) : undefined, run })
    const timer = { id, ref: () => timer, unref: () => timer, hasRef: () => true }
    return timer
  }

  /**
   * Waits for the end of it; lets time pass where nothing else can bring it. Rejects where it has not come after `limitMs`
   * of this time.
   */
  async until<T>(promise: Promise<T>, limitMs: number = 600_000): Promise<T> {
    const waiting = watch(promise)
    const end = this.#nowMs + limitMs
    while (!(await this.#idle(waiting))) {
      if (this.#timers.size === 0) throw new Error('it has no end: nothing is left to wait for')
      if (this.#nowMs > end) throw new Error(`it had no end within ${limitMs} ms`)
      this.#next(Number.POSITIVE_INFINITY)
    }
    return await promise
  }

  /** Lets so much time pass, with all that happens in it. */
  async pass(ms: number): Promise<void> {
    const end = this.#nowMs + ms
    const never = { over: false }
    for (;;) {
      await this.#idle(never)
      if (!this.#next(end)) break
    }
    this.#nowMs = end
    await this.#idle(never)
  }

  /** So much time is gone at once, as for a machine that slept. */
  leap(ms: number): void {
    this.#nowMs += ms
    for (const timer of this.#timers.values()) timer.at = Math.max(timer.at, this.#nowMs)
  }

  /** True once it is over. */
  async #idle(waiting: { readonly over: boolean }): Promise<boolean> {
    for (let turns = 0; turns < IDLE_TURNS; turns++) {
      if (waiting.over) return true
      if (this.#isBusy()) turns = 0
      await turn()
    }
    return waiting.over
  }

  /** Runs the next timer; false where none is due by then. */
  #next(end: number): boolean {
    let next: Timer | undefined
    for (const timer of this.#timers.values()) if (next === undefined || timer.at < next.at) next = timer
    if (next === undefined || next.at > end) return false
    this.#nowMs = Math.max(this.#nowMs, next.at)
    if (next.every === undefined) this.#timers.delete(next.id)
    else next.at += next.every
    next.run()
    return true
  }
}

function watch(promise: Promise<unknown>): { readonly over: boolean } {
  const state = { over: false }
  const end = (): void => {
    state.over = true
  }
  promise.then(end, end)
  return state
}
