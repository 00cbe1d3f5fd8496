// What the actions of `spoor store` are given.

import type { StoreFiles } from '../../storage/api/files.ts'
import type { LocalStore } from '../../storage/api/local.ts'

export interface StoreTools {
  /** Of the store, absolute. */
  readonly folder: string
  readonly files: StoreFiles
  /** Opens the store as its owner; nothing of it runs yet. */
  open(): Promise<LocalStore>
}

export interface Output {
  /** Standard output. */
  readonly out: NodeJS.WritableStream
  /** A line for the person, beside what is written. */
  tell(line: string): void
}
