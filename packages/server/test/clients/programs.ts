// The example programs of examples/ as the tests run them: how each is started, and what it prints when it has run once.
// Made ready by scripts/test-clients.mjs, which hands the commands over in SPOOR_CLIENTS.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
export type Program =
  | { readonly state: 'ready'; readonly command: readonly string[]; readonly cwd: string }
  | { readonly state: 'missing'; readonly reason: string }

/** The programs of these folders of examples/. */
export function readPrograms<Name extends string>(names: readonly Name[]): Record<Name, Program> {
  const text = process.env.SPOOR_CLIENTS
  if (text === undefined) throw new Error('SPOOR_CLIENTS is not set: these tests are started by `npm run test:clients`')
  const programs = JSON.parse(text) as Record<Name, Program>
  for (const name of names) {
    const state: unknown = programs[name]?.state
    if (state !== 'ready' && state !== 'missing') throw new Error(`SPOOR_CLIENTS does not say how to run ${name}`)
  }
  return programs
}

export interface RunOptions {
  /** The only variables it gets that begin with OTEL_ or JAEGER_. */
  readonly env?: Readonly<Record<string, string>>
  /** After the command's own. */
  readonly args?: readonly string[]
}

/** Runs the program once and reads the JSON that it prints; throws when it ends badly. */
export async function runOnce(program: Program & { state: 'ready' }, options: RunOptions): Promise<unknown> {
  const [file = '', ...args] = program.command
  const inherited = Object.entries(process.env).filter(([name]) => !/^(OTEL|JAEGER)_/.test(name))
  const { stdout } = await promisify(execFile)(file, [...args, ...(options.args ?? [])], {
    cwd: program.cwd,
    timeout: 50_000,
    maxBuffer: 16 * 1024 * 1024,
    env: {
      ...Object.fromEntries(inherited),
      // A proxy in the environment would take the requests to this machine.
      NO_PROXY: '127.0.0.1,localhost',
      no_proxy: '127.0.0.1,localhost',
      ...options.env,
    },
  })
  return JSON.parse(stdout) as unknown
}
