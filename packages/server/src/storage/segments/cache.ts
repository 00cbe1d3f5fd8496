// What was read from segments and may be needed again, bounded in bytes: the least recently used goes first. Memory must not
// grow with the data, so everything that is read of a segment goes through here.

export class Cache {
  readonly #capacity: number
  readonly #entries = new Map<string, { readonly value: unknown; readonly bytes: number }>()
  #bytes = 0
  hits = 0
  misses = 0

  constructor(capacityBytes: number) {
    this.#capacity = capacityBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** The value under `key`, loaded where it is not here. `load` says how many bytes it holds. */
  get<T>(key: string, load: () => { readonly value: T; readonly bytes: number }): T {
    const known = this.#entries.get(key)
    if (known !== undefined) {
      this.hits++
      this.#entries.delete(key)
      this.#entries.set(key, known)
      return known.value as T
    }
    this.misses++
    const loaded = load()
    this.#entries.set(key, loaded)
    this.#bytes += loaded.bytes
    this.#trim()
    return loaded.value
  }

  /** Drops everything whose key starts so. */
  drop(prefix: string): void {
    for (const [key, entry] of this.#entries) {
      if (!key.startsWith(prefix)) continue
      this.#entries.delete(key)
      this.#bytes -= entry.bytes
    }
  }

  /** The newest entry stays even if it alone is over the bound: it is being used. */
  #trim(): void {
    for (const [key, entry] of this.#entries) {
      if (this.#bytes <= this.#capacity || this.#entries.size === 1) return
      this.#entries.delete(key)
      this.#bytes -= entry.bytes
    }
  }
}
