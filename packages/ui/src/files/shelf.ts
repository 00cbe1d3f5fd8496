// Where opened files outlive a reload: this browser's IndexedDB, for a day, up to a bound. Nothing leaves the browser. A
// browser that forbids it (private windows, full disk) only means that a reload loses them.

const DATABASE = 'spoor-files'
const STORE = 'files'
const KEEP_MS = 86_400_000
/** Bytes of all kept files together. */
const MAX_KEPT_BYTES = 512 * 1024 * 1024

interface Kept {
  readonly name: string
  readonly file: Blob
  /** Unix ms. */
  readonly at: number
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('IndexedDB failed')))
  })
}

export class Shelf {
  readonly #factory: IDBFactory
  #database: Promise<IDBDatabase> | undefined

  constructor(factory: IDBFactory) {
    this.#factory = factory
  }

  /** Younger than a day, oldest first; forgets the others. */
  async load(nowMs: number): Promise<{ readonly name: string; readonly file: Blob }[]> {
    const all = (await done((await this.#store('readonly')).getAll())) as Kept[]
    const old = all.filter(({ at }) => nowMs - at > KEEP_MS)
    await this.remove(old.map(({ name }) => name))
    return all.filter((kept) => !old.includes(kept)).toSorted((a, b) => a.at - b.at)
  }

  /** False where there is no room for it. */
  async keep(name: string, file: Blob, nowMs: number): Promise<boolean> {
    const others = (await this.load(nowMs)).filter((kept) => kept.name !== name)
    if (others.reduce((sum, kept) => sum + kept.file.size, file.size) > MAX_KEPT_BYTES) return false
    const kept: Kept = { name, file, at: nowMs }
    await done((await this.#store('readwrite')).put(kept))
    return true
  }

  async remove(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    const store = await this.#store('readwrite')
    await Promise.all(names.map((name) => done(store.delete(name))))
  }

  async #store(mode: IDBTransactionMode): Promise<IDBObjectStore> {
    this.#database ??= this.#open()
    return (await this.#database).transaction(STORE, mode).objectStore(STORE)
  }

  #open(): Promise<IDBDatabase> {
    const request = this.#factory.open(DATABASE, 1)
    request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE, { keyPath: 'name' }))
    return done(request)
  }
}
