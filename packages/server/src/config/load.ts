// One typed configuration out of defaults < file < environment < flags, with the origin of every value. Everything that
// is wrong is reported at once, one line each. Never prints the value of a secret. Main thread only.

import { isDeepStrictEqual } from 'node:util'
import { SpoorError, toError } from '@spoor/core/base/errors'
import { CONFIG_FILE, indexOptions, type NamedOption, type OptionIndex } from './names.ts'
import type { ConfigOf, Sections } from './section.ts'
import {
  originText,
  readConfigFile,
  readEnvironment,
  readFlags,
  strangeVariables,
  type Given,
  type Origin,
} from './sources.ts'

export interface ConfigSources {
  /** Flags only: the role's name is already taken off. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: (path: string) => string | Promise<string>
}

export interface Setting {
  readonly named: NamedOption
  readonly value: unknown
  readonly origin: Origin
}

export interface LoadedConfig<S extends Sections> {
  /** Plain data, frozen: may go to workers. */
  readonly config: ConfigOf<S>
  /** Every option in the order of its section. */
  readonly settings: readonly Setting[]
  /** One line each, to be logged once the log exists. */
  readonly warnings: readonly string[]
}

/** Rejects with SpoorError `invalid`, code `bad_config`, one line per fault. */
export async function loadConfig<const S extends Sections>(
  sections: S,
  { argv, env, readFile }: ConfigSources,
): Promise<LoadedConfig<S>> {
  const index = indexOptions(sections)
  const flags = readFlags(index, argv)
  const environment = readEnvironment(index, env)
  const faults = [...flags.faults]
  const [configFile, ...others] = index.options
  const file =
    configFile === undefined ? [] : await readFileGiven(index, configFile, [flags.given, environment], readFile, faults)
  const strongestFirst = [flags.given, environment, file]
  const settings = others.map((named) => settle(named, strongestFirst, faults))
  if (faults.length > 0) throw new SpoorError('invalid', 'bad_config', faults.join('\n'))
  return { config: assemble(sections, settings), settings, warnings: strangeVariables(index, env) }
}

async function readFileGiven(
  index: OptionIndex,
  configFile: NamedOption,
  sources: readonly (readonly Given[])[],
  readFile: ConfigSources['readFile'],
  faults: string[],
): Promise<readonly Given[]> {
  const { value, origin } = settle(configFile, sources, faults)
  if (typeof value !== 'string' || value === '') return []
  let content: string
  try {
    content = await readFile(value)
  } catch (thrown) {
    faults.push(`${CONFIG_FILE.name}: cannot read ${value} from ${originText(origin)}: ${toError(thrown).message}`)
    return []
  }
  const reading = await readConfigFile(index, value, content)
  faults.push(...reading.faults)
  return reading.given
}

/** The value of one option from the strongest source that gives it. */
function settle(named: NamedOption, strongestFirst: readonly (readonly Given[])[], faults: string[]): Setting {
  for (const source of strongestFirst) {
    const given = source.filter((each) => each.named === named)
    const first = given[0]
    if (first === undefined) continue
    const values: unknown[] = []
    for (const each of given) {
      const reading = named.option.schema.read(each.raw)
      if (reading.ok) values.push(reading.value)
      else faults.push(badValue(each, reading.message))
    }
    if (values.length < given.length) return { named, value: undefined, origin: first.origin }
    const other = given.find((_, at) => !isDeepStrictEqual(values[at], values[0]))
    if (other !== undefined) faults.push(contradiction(first, other))
    return { named, value: values[0], origin: first.origin }
  }
  return { named, value: named.option.schema.preset(), origin: { source: 'default' } }
}

function badValue({ named: { option, info }, raw, origin }: Given, message: string): string {
  const where = `${option.name}: ${shown(option.secret, raw)} from ${originText(origin)} is not valid: `
  return where + (option.secret ? `expected ${info.kind}` : message.replaceAll(/\s+/g, ' '))
}

function contradiction(first: Given, other: Given): string {
  const { option } = first.named
  const values = [first, other].map(({ raw, origin }) => `${originText(origin)} (${shown(option.secret, raw)})`)
  return `${option.name}: ${values.join(' and ')} are names of the same option but differ; give one`
}

const MAX_SHOWN = 80

function shown(secret: boolean, raw: unknown): string {
  if (secret) return 'the secret value'
  const text = JSON.stringify(raw) ?? String(raw)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text
}

function assemble<S extends Sections>(sections: S, settings: readonly Setting[]): ConfigOf<S> {
  const config: Record<string, Record<string, unknown>> = {}
  for (const section of Object.keys(sections)) config[section] = {}
  for (const { named, value } of settings) (config[named.section] ??= {})[named.property] = value
  for (const section of Object.values(config)) Object.freeze(section)
  return Object.freeze(config) as ConfigOf<S>
}
