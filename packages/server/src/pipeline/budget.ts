// The process-wide bound on bytes of request bodies that receivers hold at once. Reserved from a declared length before
// reading, and again from the decompressed size, so that a flood is refused before memory grows.

export interface Reservation {
  readonly bytes: number
  /** Takes `more` bytes on top; false where that would go over the budget (nothing is taken then). */
  grow(more: number): boolean
  /** Gives everything back; calling it again does nothing. */
  release(): void
}

export interface BodyBudget {
  readonly capacityBytes: number
  readonly usedBytes: number
  /** undefined where it does not fit now: stop reading, then refuse with `overloaded`. */
  reserve(bytes: number): Reservation | undefined
}

export function createBodyBudget(capacityBytes: number): BodyBudget {
  let usedBytes = 0
  return {
    capacityBytes,
    get usedBytes(): number {
      return usedBytes
    },
    reserve(bytes: number): Reservation | undefined {
      if (usedBytes + bytes > capacityBytes) return undefined
      usedBytes += bytes
      let held = bytes
      return {
        get bytes(): number {
          return held
        },
        grow(more: number): boolean {
          if (usedBytes + more > capacityBytes) return false
          usedBytes += more
          held += more
          return true
        },
        release(): void {
          usedBytes -= held
          held = 0
        },
      }
    },
  }
}
