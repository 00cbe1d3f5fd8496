// What was read from segments and may be needed again, bounded in bytes: the least recently used goes first. Memory must not
// grow with the data, so everything that is read of a segment goes through here. Entries hang in a list of their own: a Map in
// the order of use would step over all that was deleted from its front each time something goes.

interface Entry {
  readonly value: unknown
  readonly bytes: number
  readonly keys: Map<string | number, Entry>
  readonly key: string | number
  /** More recently used, and less. */
  newer: Entry | undefined
  older: Entry | undefined
}

export class Cache {
  readonly #capacity: number
  readonly #entries = new Map<string | number, Entry>()
  #newest: Entry | undefined
  #oldest: Entry | undefined
  #bytes = 0
  hits = 0
  misses = 0

  constructor(capacityBytes: number) {
    this.#capacity = capacityBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get capacity(): number {
    return this.#capacity
  }

  /** The value under `key`, loaded where it is not here. `load` says how many bytes it holds. */
  get<T>(key: string, load: () => { readonly value: T; readonly bytes: number }): T {
    return this.getOf(this.#entries, key, load)
  }

  /** Entries with keys of their own, by number, which go together. */
  scope(): CacheScope {
    return new CacheScope(this)
  }

  /** As get(), of a scope. */
  getOf<T>(
    keys: Map<string | number, Entry>,
    key: string | number,
    load: () => { readonly value: T; readonly bytes: number },
  ): T {
    const known = keys.get(key)
    if (known !== undefined) {
      this.hits++
      if (known !== this.#newest) {
        this.#unlink(known)
        this.#link(known)
      }
      return known.value as T
    }
    this.misses++
    const { value, bytes } = load()
    const entry: Entry = { value, bytes, keys, key, newer: undefined, older: undefined }
    keys.set(key, entry)
    this.#link(entry)
    this.#bytes += bytes
    // The newest entry stays even if it alone is over the bound: it is being used.
    while (this.#bytes > this.#capacity && this.#oldest !== undefined && this.#oldest !== entry)
      this.#remove(this.#oldest)
    return value
  }

  dropAll(keys: Map<string | number, Entry>): void {
    for (const entry of keys.values()) this.#remove(entry)
  }

  #remove(entry: Entry): void {
    entry.keys.delete(entry.key)
    this.#unlink(entry)
    this.#bytes -= entry.bytes
  }

  #link(entry: Entry): void {
    entry.older = this.#newest
    entry.newer = undefined
    if (this.#newest !== undefined) this.#newest.newer = entry
    this.#newest = entry
    this.#oldest ??= entry
  }

  #unlink(entry: Entry): void {
    if (entry.newer === undefined) this.#newest = entry.older
    else entry.newer.older = entry.older
    if (entry.older === undefined) this.#oldest = entry.newer
    else entry.older.newer = entry.newer
  }
}

/** What one segment has in the cache. */
export class CacheScope {
  readonly #cache: Cache
  readonly #keys = new Map<string | number, Entry>()

  constructor(cache: Cache) {
    this.#cache = cache
  }

  get<T>(key: number, load: () => { readonly value: T; readonly bytes: number }): T {
    return this.#cache.getOf(this.#keys, key, load)
  }

  /** For who reads much once: what is not here is loaded and not kept. */
  look<T>(key: number, load: () => { readonly value: T; readonly bytes: number }): T {
    return this.#keys.has(key) ? this.get(key, load) : load().value
  }

  drop(): void {
    this.#cache.dropAll(this.#keys)
  }
}
