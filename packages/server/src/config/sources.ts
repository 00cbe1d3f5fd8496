// Where values come from: flags, environment and file, each turned into the same list of (option, raw value, origin).
// Finds unknown and unreadable names; what a value means is load.ts's business. Never puts a value into a message.

import { toError } from '@spoor/core/base/errors'
import { hint, nearest, type NamedOption, type OptionIndex } from './names.ts'

export type Origin =
  | { readonly source: 'default' }
  | { readonly source: 'file'; readonly path: string; readonly name: string }
  | { readonly source: 'environment'; readonly name: string }
  | { readonly source: 'flag'; readonly name: string }

export interface Given {
  readonly named: NamedOption
  /** Text, or what YAML and JSON hold. */
  readonly raw: unknown
  readonly origin: Exclude<Origin, { source: 'default' }>
}

export interface Reading {
  readonly given: readonly Given[]
  /** One line each. */
  readonly faults: readonly string[]
}

/** `the flag --log-level`, for messages. */
export function originText(origin: Origin): string {
  if (origin.source === 'default') return 'the default'
  if (origin.source === 'file') return `${origin.name} in ${origin.path}`
  return origin.source === 'flag' ? `the flag --${origin.name}` : `the environment variable ${origin.name}`
}

/** Flags as pflag reads Jaeger's: `--name=value`, `--name value`, `--name` for a boolean; the last one wins, lists add up. */
export function readFlags(index: OptionIndex, args: readonly string[]): Reading {
  const faults: string[] = []
  const values = new Map<string, unknown>()
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    const [, name = '', inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    const named = index.byName.get(name)
    if (named === undefined) {
      faults.push(/^-./.test(word) && word !== '--' ? unknownFlag(index, word) : unexpected(index, word))
      // The value of a flag that we do not know is not a second fault.
      if (name !== '' && inline === undefined && !args[at + 1]?.startsWith('-')) at += 1
    } else if (named.info.shape === 'boolean') {
      values.set(name, inline ?? true)
    } else {
      const text = inline ?? args[(at += 1)]
      if (text === undefined) faults.push(`--${name} needs a value: --${name}=${named.info.kind}`)
      else values.set(name, added(values.get(name), text, named))
    }
  }
  const given: Given[] = []
  for (const [name, raw] of values) {
    const named = index.byName.get(name)
    if (named !== undefined) given.push({ named, raw, origin: { source: 'flag', name } })
  }
  return { given, faults }
}

function added(before: unknown, text: string, { info }: NamedOption): unknown {
  if (info.split === undefined) return text
  return [...((before ?? []) as readonly string[]), ...info.split(text)]
}

function unknownFlag(index: OptionIndex, written: string): string {
  const flag = written.split('=', 1)[0] ?? ''
  const suggestion = nearest(flag.replace(/^-+/, ''), index.byName.keys())
  return `unknown flag ${flag}${hint(suggestion, (name) => `--${name}`)}`
}

/** What follows an equals sign may be a password. */
function unexpected(index: OptionIndex, written: string): string {
  const name = written.split('=', 1)[0] ?? ''
  return `unexpected argument ${name}${index.byName.has(name) ? '; flags start with --' : ''}`
}

/** Set but empty counts as not set, as in Jaeger. Names of other programs are none of our business. */
export function readEnvironment(
  index: OptionIndex,
  env: Readonly<Record<string, string | undefined>>,
): readonly Given[] {
  const given: Given[] = []
  for (const [name, named] of index.byEnv) {
    const raw = env[name]
    if (raw !== undefined && raw !== '') given.push({ named, raw, origin: { source: 'environment', name } })
  }
  return given
}

/** Kubernetes sets these in every pod for a service called spoor. */
const SERVICE_LINK = /^SPOOR_(?:.*_)?(?:SERVICE_HOST|SERVICE_PORT.*|PORT(?:_\d+_.*)?)$/

/** One line for each SPOOR_ variable that no option has: most likely a slip, but not worth refusing to start. */
export function strangeVariables(
  index: OptionIndex,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const names = Object.keys(env).filter((name) => name.startsWith('SPOOR_') && !index.byEnv.has(name))
  return names
    .filter((name) => !SERVICE_LINK.test(name))
    .map((name) => {
      const suggestion = nearest(name.slice('SPOOR_'.length), index.byEnv.keys())
      return `the environment variable ${name} is no option of Spoor${hint(suggestion)}`
    })
}

/** Keys nested or dotted; JSON is read as the YAML that it is. */
export async function readConfigFile(index: OptionIndex, path: string, content: string): Promise<Reading> {
  const format = /\.(toml|hcl|properties|env)$/i.exec(path)?.[1]
  if (format !== undefined) return { given: [], faults: [`${path}: .${format} files are not read; use YAML or JSON`] }
  const yaml = await import('yaml')
  try {
    const document = yaml.parseDocument(content, { logLevel: 'silent' })
    const problem = document.errors[0] ?? document.warnings[0]
    if (problem !== undefined) return { given: [], faults: [`${path}: ${firstLine(problem.message)}`] }
    return readTree(index, path, document.toJS({ maxAliasCount: 100 }))
  } catch (thrown) {
    // Too many aliases, or nested too deeply for the stack.
    return { given: [], faults: [`${path}: ${firstLine(toError(thrown).message)}`] }
  }
}

/** The parser's excerpt of the file, from the second line on, may hold a password. */
function firstLine(message: string): string {
  return (message.split('\n', 1)[0] ?? '').replace(/:$/, '')
}

function readTree(index: OptionIndex, path: string, root: unknown): Reading {
  if (typeof root !== 'object' || Array.isArray(root)) {
    return { given: [], faults: [`${path}: expected names of options with their values`] }
  }
  const given: Given[] = []
  const faults: string[] = []
  const seen = new Set<string>()
  for (const [name, raw] of leaves(root ?? {})) {
    const named = index.byName.get(name)
    if (named === undefined) {
      if (raw !== null || !isPrefix(index, name)) faults.push(unknownKey(index, path, name))
    } else if (named.section === '') {
      faults.push(`${path}: ${name} cannot be set in a file`)
    } else if (raw === null) {
      faults.push(`${path}: ${name} has no value`)
    } else if (seen.has(name)) {
      faults.push(`${path}: ${name} is given twice`)
    } else {
      given.push({ named, raw, origin: { source: 'file', path, name } })
    }
    seen.add(name)
  }
  return { given, faults }
}

/** Dotted names with what they hold; an empty map counts as null. */
function* leaves(tree: object, prefix: string = ''): Generator<readonly [string, unknown]> {
  for (const [key, value] of Object.entries(tree) as [string, unknown][]) {
    const name = prefix + key
    if (typeof value !== 'object' || value === null || Array.isArray(value)) yield [name, value]
    else if (Object.keys(value).length === 0) yield [name, null]
    else yield* leaves(value, `${name}.`)
  }
}

function isPrefix(index: OptionIndex, name: string): boolean {
  return [...index.byName.keys()].some((each) => each.startsWith(`${name}.`))
}

function unknownKey(index: OptionIndex, path: string, name: string): string {
  return `${path}: unknown key ${name}${hint(nearest(name, index.byName.keys()))}`
}
