// The options that belong to no plugin: Spoor's own log, which store keeps the spans, and where data lies.

import type { LogOptions } from '../telemetry/log.ts'
import { nearest, hint } from './names.ts'
import { option, type Section } from './section.ts'
import { choice, text } from './values.ts'

export interface LogConfig {
  readonly level: LogOptions['level']
  readonly encoding: LogOptions['encoding'] | 'auto'
}

export const logSection: Section<LogConfig> = {
  title: 'Log',
  options: {
    level: option(
      'log-level',
      choice(['debug', 'info', 'warn', 'error', 'dpanic', 'panic', 'fatal']).prefault('info'),
      'The least severe level that is written. dpanic and panic are levels of Jaeger and mean fatal.',
    ),
    encoding: option(
      'log-encoding',
      choice(['auto', 'json', 'console']).prefault('auto'),
      'One JSON object or one line of text per event; auto is console on a terminal and json elsewhere.',
    ),
  },
}

/** What createLogger takes; `terminal` is whether standard error is one. */
export function logOptions({ level, encoding }: LogConfig, terminal: boolean): LogOptions {
  return { level, encoding: encoding === 'auto' ? (terminal ? 'console' : 'json') : encoding }
}

export interface StorageConfig<T extends string = string> {
  readonly type: T
  readonly dir: string
}

/** Jaeger's stores that Spoor answers with a better sentence than "unknown". */
const REPLACED: ReadonlyMap<string, string> = new Map([
  ['badger', 'segments replaces it: an embedded store on local disk, under --storage.dir'],
  ['grpc-plugin', 'Jaeger itself dropped it in favour of a remote store'],
])

/** `types`: the names of the stores that exist, the default first. */
export function storageSection<const T extends string>(types: readonly T[]): Section<StorageConfig<T>> {
  const type = choice(types, (raw) => refuseStore(raw, types))
  return {
    title: 'Storage',
    options: {
      type: option('storage.type', type.prefault(types[0]), 'The store that keeps spans.', {
        aliases: ['span-storage.type'],
      }),
      dir: option(
        'storage.dir',
        text('DIR')
          .refine((dir) => dir !== '', 'expected the path of a directory')
          .prefault('./data'),
        'The directory of the segments store and of everything else that must survive a restart. Made if missing.',
      ),
    },
  }
}

function refuseStore(raw: unknown, types: readonly string[]): string | undefined {
  if (typeof raw !== 'string') return undefined
  const exist = `the stores are ${types.join(', ')}`
  if (raw.includes(',')) return `several stores at once are not supported; ${exist}`
  const replaced = REPLACED.get(raw.toLowerCase())
  if (replaced !== undefined) return `there is no store ${raw.toLowerCase()}: ${replaced}; ${exist}`
  return `there is no such store${hint(nearest(raw, types))}; ${exist}`
}
