// The entry of every worker thread. Plain JavaScript for the same reason as spoor.js: the compile cache first.

import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'

enableCompileCache()
const source = new URL('../src/roles/worker.ts', import.meta.url)
await import(existsSync(source) ? source.href : new URL('../dist/roles/worker.js', import.meta.url).href)
