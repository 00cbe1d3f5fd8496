// Every name under which an option can be given, and what to say about a name that nothing answers to. Pure.

import { option, type Option, type Sections } from './section.ts'
import type { ValueInfo } from './value.ts'
import { text } from './values.ts'

/** Read before all others, and part of no section: it says where the file is. */
export const CONFIG_FILE: Option<string> = option(
  'config-file',
  text('FILE').prefault(''),
  'A YAML or JSON file with options: their names as keys, nested or dotted. Environment variables and flags override it.',
)

export interface NamedOption {
  readonly option: Option
  readonly info: ValueInfo
  /** Where its value goes: `config[section][property]`. */
  readonly section: string
  readonly property: string
}

export interface OptionGroup {
  readonly title: string
  readonly options: readonly NamedOption[]
}

export interface OptionIndex {
  /** As help prints them: the file first, then one per section that has options. */
  readonly groups: readonly OptionGroup[]
  readonly options: readonly NamedOption[]
  /** By own name and by alias. */
  readonly byName: ReadonlyMap<string, NamedOption>
  readonly byEnv: ReadonlyMap<string, NamedOption>
}

/** `otlp.grpc.host-port` as OTLP_GRPC_HOST_PORT. */
export function envName(name: string): string {
  return name.toUpperCase().replaceAll(/[-.]/g, '_')
}

export function envNames({ name, aliases, env }: Option): readonly string[] {
  return [...new Set([...[name, ...aliases].map(envName), ...env])]
}

/** Throws a plain Error where two options share a name: that is a mistake in the program. */
export function indexOptions(sections: Sections): OptionIndex {
  const groups: OptionGroup[] = [{ title: 'Configuration file', options: [named('', '', CONFIG_FILE)] }]
  for (const [key, { title, options }] of Object.entries(sections)) {
    groups.push({ title, options: Object.entries(options).map(([property, each]) => named(key, property, each)) })
  }
  const options = groups.flatMap((group) => group.options)
  const byName = new Map<string, NamedOption>()
  const byEnv = new Map<string, NamedOption>()
  for (const each of options) {
    for (const name of [each.option.name, ...each.option.aliases]) claim(byName, name, each)
    for (const name of envNames(each.option)) claim(byEnv, name, each)
  }
  return { groups: groups.filter((group) => group.options.length > 0), options, byName, byEnv }
}

function named(section: string, property: string, option: Option): NamedOption {
  return { option, info: option.schema.info, section, property }
}

function claim(names: Map<string, NamedOption>, name: string, by: NamedOption): void {
  const other = names.get(name)
  if (other !== undefined) throw new Error(`${name} names both ${other.option.name} and ${by.option.name}`)
  names.set(name, by)
}

/**
 * What is wrong with the options themselves, for a test over all sections: a shared name, no default, a default that
 * cannot be written to a file and read back, a schema that cannot read text.
 */
export function sectionFaults(sections: Sections): readonly string[] {
  const faults: string[] = []
  for (const { option } of indexOptions(sections).options) {
    if (!/^[a-z0-9]+(?:[.-][a-z0-9]+)*$/.test(option.name)) faults.push(`${option.name}: not lower case with . and -`)
    if (option.help.trim() === '') faults.push(`${option.name}: no help text`)
    const preset = option.schema.read(undefined)
    if (!preset.ok) {
      faults.push(`${option.name}: no default that it takes`)
      continue
    }
    const written = option.schema.write(preset.value)
    for (const given of [written, String(written)]) {
      const again = option.schema.read(given)
      if (!again.ok || JSON.stringify(again.value) !== JSON.stringify(preset.value)) {
        faults.push(`${option.name}: does not read its default back from ${typeof given} ${JSON.stringify(given)}`)
      }
    }
  }
  return faults
}

/** The candidate that `name` is most likely a slip of, or undefined where none is near. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase().slice(0, 200)
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** `; did you mean --log-level?`, or nothing. */
export function hint(name: string | undefined, write: (name: string) => string = String): string {
  return name === undefined ? '' : `; did you mean ${write(name)}?`
}

/** Levenshtein's, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1]
    for (let j = 0; j < b.length; j++) {
      const replaced = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
