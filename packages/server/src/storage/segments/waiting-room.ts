// Where batches wait for a head while both are taken. A seal takes about half a second, and a client that is turned away
// comes again a quarter of a second later with all it has gathered since; so a short wait is better for both. Bounded in
// time and in bytes: beyond, the batch is refused as it always was.

const MAX_WAIT_MS = 1000
const MAX_WAITING_BYTES = 32 * 1024 * 1024

export class WaitingRoom {
  readonly #waiting = new Set<() => void>()
  #bytes = 0

  /** True once something has changed; false where there is no room, or nothing changed before `deadline` (ms). */
  async wait(bytes: number, deadline: number): Promise<boolean> {
    const left = deadline - performance.now()
    if (left <= 0 || this.#bytes + bytes > MAX_WAITING_BYTES) return false
    this.#bytes += bytes
    const changed = await new Promise<boolean>((resolve) => {
      const settle = (woken: boolean): void => {
        clearTimeout(timer)
        this.#waiting.delete(wake)
        resolve(woken)
      }
      const wake = (): void => settle(true)
      const timer = setTimeout(() => settle(false), left)
      this.#waiting.add(wake)
    })
    this.#bytes -= bytes
    return changed
  }

  /** When a batch that comes now has to give up. */
  deadline(): number {
    return performance.now() + MAX_WAIT_MS
  }

  /** In the order in which they came. */
  wakeAll(): void {
    for (const wake of this.#waiting) wake()
  }
}
