// From the command line to a running role and its end: what main.ts runs. Prints for people on standard output, one clear
// line on standard error where it cannot start, and ends with 0 only after a clean stop.

import { readFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { SpoorError, toError } from '@spoor/core/base/errors'
import { parseCommand, type Command } from '../cli/command.ts'
import { runTool } from '../cli/tools.ts'
import { loadConfig, type ConfigSources } from '../config/load.ts'
import { createLogger, type Logger } from '../telemetry/log.ts'
import { allInOne } from './all-in-one.ts'
import { startMessage } from './message.ts'
import { startRole, type RunningRole } from './run.ts'

/** A stop that takes longer than this is given up, and says so. */
const STOP_DEADLINE_MS = 30_000
/** npm passes on the Ctrl-C that the terminal has sent to its children too: a second signal this soon is no second wish. */
const SAME_SIGNAL_MS = 500

type Environment = Readonly<Record<string, string | undefined>>

export async function runProgram(argv: readonly string[], env: Environment): Promise<void> {
  const sources: Omit<ConfigSources, 'argv'> = { env, readFile: async (path) => await readFile(path, 'utf8') }
  try {
    const role = await allInOne()
    const roles = { 'all-in-one': role.info }
    const command: Command = parseCommand(argv.slice(2), argv[1] ?? '', roles)
    if (command.kind === 'start') {
      const { config, warnings } = await loadConfig(role.info.sections, { ...sources, argv: command.argv })
      const plan = role.plan(config)
      const log = createLogger('main', plan.log)
      for (const warning of warnings) log.warn(warning)
      await runUntilSignal(plan, log)
      return
    }
    if (command.kind === 'store') {
      const { storeCommand } = await import('./store-command.ts')
      process.exitCode = await storeCommand(command.argv, role, sources)
      return
    }
    const { text, warnings } = await runTool(command, roles, sources)
    for (const warning of warnings) process.stderr.write(`spoor: ${warning}\n`)
    process.stdout.write(text)
  } catch (thrown) {
    fail(thrown)
  }
}

async function runUntilSignal(plan: Parameters<typeof startRole>[0], log: Logger): Promise<void> {
  let running: RunningRole | undefined
  const signalled = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        resolve(signal)
      })
    }
  })
  running = await startRole(plan, log, (part, error) => {
    log.error('a part of the program has failed; ending', { part, error: error.stack ?? error.message })
    process.exit(1)
  })
  // Young generations may grow again (bin/spoor.js held them small).
  setFlagsFromString('--semi-space-growth-factor=2')
  process.stdout.write(startMessage(running, performance.now()))
  const signal = await signalled
  log.info('stopping', { signal })
  const signalledAt = performance.now()
  for (const again of ['SIGINT', 'SIGTERM'] as const) {
    process.on(again, () => {
      // A later one is a person who will not wait.
      if (performance.now() - signalledAt > SAME_SIGNAL_MS) process.exit(130)
    })
  }
  const deadline = setTimeout(() => {
    log.error('could not stop in time; what was acknowledged is in the spool', { ms: STOP_DEADLINE_MS })
    process.exit(1)
  }, STOP_DEADLINE_MS)
  await running.stop()
  clearTimeout(deadline)
  log.info('stopped')
  process.exit(0)
}

function fail(thrown: unknown): never {
  const error = toError(thrown)
  const text = error instanceof SpoorError && error.kind !== 'internal' ? error.message : (error.stack ?? error.message)
  process.stderr.write(`spoor: ${text}\n`)
  process.exit(1)
}
