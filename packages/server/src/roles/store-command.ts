// `spoor store`: finds the store that the role's options name, and runs the tool on it. A tool prints to standard output what was
// asked for, and everything else to standard error.

import { SpoorError } from '@spoor/core/base/errors'
import { loadConfig, type ConfigSources } from '../config/load.ts'
import { indexOptions } from '../config/names.ts'
import { localStore } from '../storage/api/local.ts'
import { createLogger } from '../telemetry/log.ts'
import { parseStoreArguments, storeHelp } from '../tools/store/arguments.ts'
import { runStoreTool } from '../tools/store/run.ts'
import type { Role } from './all-in-one.ts'
import { load, STORES } from './registry.ts'

/** Resolves to the exit code. Rejects with SpoorError where it cannot be done. */
export async function storeCommand(
  argv: readonly string[],
  role: Role,
  sources: Omit<ConfigSources, 'argv'>,
): Promise<number> {
  const { sections } = role.info
  const args = parseStoreArguments(argv, indexOptions(sections))
  if (args === undefined) {
    process.stdout.write(storeHelp())
    return 0
  }
  const { config, warnings } = await loadConfig(sections, { ...sources, argv: args.rest })
  const tell = (line: string): void => void process.stderr.write(`spoor: ${line}\n`)
  for (const warning of warnings) tell(warning)
  const { storage, log } = role.plan(config)
  const files = await STORES[storage.name]?.files?.()
  if (files === undefined)
    throw new SpoorError('unsupported', 'no_files', `the store ${storage.name} keeps nothing that this tool could read`)
  const { dir } = storage.config as { readonly dir: string }
  // A pipe that is closed by who reads it is the end, and no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const tools = {
    folder: dir,
    files,
    open: async () =>
      await localStore(await load(STORES, 'store', storage.name), storage.config, { log: createLogger('store', log) }),
  }
  return await runStoreTool(args, tools, { out: process.stdout, tell })
}
