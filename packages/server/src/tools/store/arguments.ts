// The words behind `spoor store`: an action, its own flags, and words that are no flags. All other flags are options of the
// server (--storage.dir, --config-file, ...), which keep their meaning. Pure.

import { SpoorError } from '@spoor/core/base/errors'
import { hint, nearest, type OptionIndex } from '../../config/names.ts'

export interface ActionInfo {
  /** Behind `spoor store`. */
  readonly usage: string
  readonly summary: string
  /** Its own flags, and whether each takes a value. */
  readonly flags: Readonly<Record<string, 'value' | 'list' | 'boolean'>>
  /** How many words that are no flags it takes. */
  readonly words: readonly [number, number]
}

const SELECTION = { tenant: 'value', service: 'value', start: 'value', end: 'value', trace: 'list' } as const

export type ActionName = 'check' | 'stats' | 'compact' | 'snapshot' | 'restore' | 'export' | 'import' | 'delete'

export const ACTIONS: Readonly<Record<ActionName, ActionInfo>> = {
  check: {
    usage: 'check [--json]',
    summary: 'read every file and verify it; ends with 1 where something is damaged',
    flags: { json: 'boolean' },
    words: [0, 0],
  },
  stats: {
    usage: 'stats [--json]',
    summary: 'spans, traces and bytes, by tenant and by service',
    flags: { json: 'boolean' },
    words: [0, 0],
  },
  compact: {
    usage: 'compact',
    summary: 'do now what the store does by and by: compaction, retention, deletion from disk',
    flags: {},
    words: [0, 0],
  },
  snapshot: {
    usage: 'snapshot DIR',
    summary: 'make DIR a copy of the store as it is now, by hard links where possible',
    flags: {},
    words: [1, 1],
  },
  restore: {
    usage: 'restore DIR',
    summary: 'make the store, which must not exist yet, a copy of the snapshot DIR',
    flags: {},
    words: [1, 1],
  },
  export: {
    usage: 'export --format=FORMAT [FILE] [--tenant=T] [--service=S] [--start=TIME] [--end=TIME] [--trace=ID]',
    summary: 'write spans to FILE or standard output as otlp-json, otlp-proto or parquet',
    flags: { format: 'value', ...SELECTION },
    words: [0, 1],
  },
  import: {
    usage: 'import FILE... [--format=FORMAT] [--tenant=T] [--to=URL]',
    summary: 'read OTLP or Jaeger files into the store, or into a running server over OTLP/HTTP',
    flags: { format: 'value', tenant: 'value', to: 'value' },
    words: [1, Number.POSITIVE_INFINITY],
  },
  delete: {
    usage: 'delete [--tenant=T] --trace=ID | --service=S --start=TIME --end=TIME | --all',
    summary: 'delete traces, a service in a range of time, or all that a tenant has; readers obey at once',
    flags: { ...SELECTION, all: 'boolean' },
    words: [0, 0],
  },
}

export interface StoreArguments {
  readonly action: ActionName
  /** By name without dashes; a flag without a value is 'true'. */
  readonly flags: ReadonlyMap<string, readonly string[]>
  readonly words: readonly string[]
  /** Flags of the server, as given. */
  readonly rest: readonly string[]
}

/** undefined where help is wanted. Throws SpoorError `bad_command` with the line to show. */
export function parseStoreArguments(argv: readonly string[], options: OptionIndex): StoreArguments | undefined {
  const [name = 'help', ...args] = argv
  if (name === 'help' || name.startsWith('-')) return undefined
  if (!Object.hasOwn(ACTIONS, name)) {
    const suggestion = hint(nearest(name, Object.keys(ACTIONS)))
    throw bad(`there is no spoor store ${name}${suggestion}; there are: ${Object.keys(ACTIONS).join(', ')}`)
  }
  const action = name as ActionName
  const info = ACTIONS[action]
  const flags = new Map<string, string[]>()
  const words: string[] = []
  const rest: string[] = []
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    if (word === '--help' || word === '-h') return undefined
    const [, flag, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    if (flag === undefined) {
      words.push(word)
      continue
    }
    const own = Object.hasOwn(info.flags, flag) ? info.flags[flag] : undefined
    const takesNext =
      inline === undefined &&
      (own === undefined ? options.byName.get(flag)?.info.shape !== 'boolean' : own !== 'boolean')
    const next = takesNext ? args[++at] : undefined
    if (own === undefined) {
      rest.push(word, ...(next === undefined ? [] : [next]))
      continue
    }
    const value = inline ?? (own === 'boolean' ? 'true' : next)
    if (value === undefined) throw bad(`--${flag} needs a value`)
    if (own === 'boolean' && value !== 'true') throw bad(`--${flag} takes no value`)
    const known = flags.get(flag)
    if (own === 'list') flags.set(flag, [...(known ?? []), ...value.split(',')])
    else if (known === undefined) flags.set(flag, [value])
    else throw bad(`--${flag} is given twice`)
  }
  const [least, most] = info.words
  if (words.length < least || words.length > most)
    throw bad(
      `${words.length > most ? `unexpected ${words[most]}` : 'something is missing'}; usage: spoor store ${info.usage}`,
    )
  return { action, flags, words, rest }
}

function bad(message: string): SpoorError {
  return new SpoorError('invalid', 'bad_command', message)
}

export function storeHelp(): string {
  const lines = ['Usage: spoor store ACTION [--storage.dir=DIR] [--OPTION=VALUE...]', '', 'Actions']
  for (const { usage, summary } of Object.values(ACTIONS)) lines.push(`  ${usage}`, `      ${summary}`)
  lines.push(
    '',
    'check, stats, snapshot and export only read, and work while a server uses the store. compact and delete',
    'ask that server where there is one. Options of the server, such as --storage.dir and --config-file, mean',
    'what they mean there. TIME is RFC 3339, or Unix time in s, ms, us or ns. docs/operations.md says more.',
    '',
  )
  return lines.join('\n')
}

/** Unix ns. Throws SpoorError `bad_command` that names the flag. */
export function parseTime(flag: string, text: string): bigint {
  if (/^\d{1,20}$/.test(text)) {
    const digits = text.length
    const factor = digits <= 11 ? 1_000_000_000n : digits <= 14 ? 1_000_000n : digits <= 17 ? 1_000n : 1n
    return BigInt(text) * factor
  }
  const match = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/i.exec(text)
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]?.replace(' ', 'T')}${match[3]?.toUpperCase()}`)
  if (Number.isNaN(ms)) throw bad(`--${flag}: ${text} is no time such as 2026-01-31T12:00:00Z`)
  return BigInt(ms) * 1_000_000n + BigInt((match?.[2] ?? '').padEnd(9, '0'))
}

/** 32 hex digits of a trace id that may have lost its leading zeros. */
export function parseTraceFlag(text: string): string {
  if (!/^[0-9a-f]{1,32}$/i.test(text)) throw bad(`--trace: ${text} is no trace id`)
  return text.toLowerCase().padStart(32, '0')
}

/** The value of a flag; undefined where it is not given. */
export function flagOf({ flags }: StoreArguments, name: string): string | undefined {
  return flags.get(name)?.at(-1)
}
