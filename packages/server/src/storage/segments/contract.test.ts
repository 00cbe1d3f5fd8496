// The storage contract on the segment store: with a head that everything fits into, and with heads so small that sealing
// goes on all the time.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { type ContractStore, storageContract } from '@spoor/testkit/storage-contract/kit'
import { localStore } from '../api/local.ts'
import { DEFAULT_CONFIG } from './config-types.ts'
import { segmentsStore } from './index.ts'

const folders: string[] = []

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function makeStore(headSpans: number): Promise<ContractStore> {
  const dir = mkdtempSync(join(tmpdir(), 'spoor-contract-'))
  folders.push(dir)
  return await localStore(segmentsStore, { ...DEFAULT_CONFIG, dir, headSpans, headBytes: 4 << 20, sync: 'never' })
}

storageContract('segments, one head', () => makeStore(8192))
storageContract('segments, sealing all the time', () => makeStore(64))
