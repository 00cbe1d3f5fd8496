// The program: parse → compose → start → wait → stop. Everything it knows of plugins comes from roles/registry.ts.

import { enableCompileCache } from 'node:module'

// Before anything else is loaded: with the cache, start-up costs a third.
enableCompileCache()

const { runProgram } = await import('./roles/program.ts')
await runProgram(process.argv, process.env)
