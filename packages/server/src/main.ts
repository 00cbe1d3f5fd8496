// The program: parse → compose → start → wait → stop. Everything it knows of plugins comes from roles/registry.ts. Started
// by bin/spoor.js, which checks Node and turns the compile cache on.

import { runProgram } from './roles/program.ts'

await runProgram(process.argv, process.env)
