// The laws of every store, run from each store's contract.test.ts. The kit never asks a store what it can do: an excused law
// runs as expected to fail, so an excuse that has become stale turns red.

import { afterEach, describe, expect, it } from 'vitest'
import type { SpanReader, SpanWriter } from 'spoor/storage/api/store'
import { dependencyLaws } from './laws-dependencies.ts'
import { indexLaws } from './laws-index.ts'
import { lifecycleLaws } from './laws-lifecycle.ts'
import { searchLaws } from './laws-order.ts'
import { readLaws } from './laws-read.ts'
import { pageLaws } from './laws-search.ts'

export interface ContractStore {
  readonly writer: SpanWriter
  readonly reader: SpanReader
  start(): Promise<void>
  stop(): Promise<void>
}

export interface Law {
  readonly name: string
  run(store: ContractStore): Promise<void>
}

export interface Excuse {
  /** Name of the law. */
  readonly law: string
  readonly reason: string
}

const LAWS: readonly Law[] = [
  ...readLaws,
  ...searchLaws,
  ...pageLaws,
  ...indexLaws,
  ...dependencyLaws,
  ...lifecycleLaws,
]

/** `makeStore`: a new and empty store that is not started. */
export function storageContract(
  name: string,
  makeStore: () => Promise<ContractStore>,
  excused: readonly Excuse[] = [],
): void {
  describe(`${name}: the storage contract`, () => {
    let store: ContractStore | undefined
    afterEach(async () => {
      await store?.stop()
      store = undefined
    })
    for (const law of LAWS) {
      const excuse = excused.find((entry) => entry.law === law.name)
      const register = excuse === undefined ? it : it.fails
      register(excuse === undefined ? law.name : `${law.name} (excused: ${excuse.reason})`, async () => {
        store = await makeStore()
        await store.start()
        await law.run(store)
      })
    }
    it('every excuse names a law', () => {
      const names = LAWS.map((law) => law.name)
      expect(excused.filter((entry) => !names.includes(entry.law))).toEqual([])
    })
  })
}
