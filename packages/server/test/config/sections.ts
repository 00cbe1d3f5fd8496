// Sections that hold an option of every kind, and how the tests load them.

import { logSection, storageSection, type LogConfig, type StorageConfig } from '../../src/config/common.ts'
import { loadConfig, type ConfigSources, type LoadedConfig } from '../../src/config/load.ts'
import { option, type Section, type Sections } from '../../src/config/section.ts'
import type { HostPort } from '../../src/config/units.ts'
import { boolean, byteSize, choice, goDuration, hostPort, integer, list, text } from '../../src/config/values.ts'

export interface DoorConfig {
  readonly listen: HostPort
  readonly tls: boolean
  readonly caFile: string
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly workers: number
  readonly mode: 'fast' | 'safe'
  readonly tenants: readonly string[]
  readonly headers: readonly string[]
  readonly password: string
}

export const doorSection: Section<DoorConfig> = {
  title: 'Door',
  options: {
    listen: option('door.host-port', hostPort().prefault(':80'), 'Where', {
      aliases: ['query.host-port', 'query.port'],
    }),
    tls: option('door.tls', boolean().prefault(false), 'Whether', { aliases: ['query.tls'] }),
    caFile: option('door.tls.ca', text('FILE').prefault(''), 'Which'),
    timeoutMs: option('door.timeout', goDuration().prefault('1m30s'), 'How long', { aliases: ['query.timeout'] }),
    maxBytes: option('door.max-size', byteSize().prefault('64MiB'), 'How much'),
    workers: option('door.workers', integer({ min: 1, max: 999 }).prefault(4), 'How many', { env: ['WORKERS'] }),
    mode: option('door.mode', choice(['fast', 'safe']).prefault('safe'), 'How', {
      aliases: ['query.mode'],
      env: ['MODE'],
    }),
    tenants: option('door.tenants', list(text()).prefault([]), 'Who', { aliases: ['query.tenants'] }),
    headers: option('door.headers', list(text(), { commas: false }).prefault([]), 'What'),
    password: option('door.password', text().prefault(''), 'Hush', { aliases: ['query.password'], secret: true }),
  },
}

interface TestSections extends Sections {
  readonly door: Section<DoorConfig>
  readonly log: Section<LogConfig>
  readonly storage: Section<StorageConfig<'segments' | 'memory'>>
}

export const sections: TestSections = {
  door: doorSection,
  log: logSection,
  storage: storageSection(['segments', 'memory']),
}

export const FILE = 'spoor.yaml'

/** What loadConfig reads: flags, variables, and the content of a file at `path` that a flag names. */
export function sources(
  argv: string[],
  env: ConfigSources['env'] = {},
  file?: string,
  path: string = FILE,
): ConfigSources {
  const readFile = (asked: string): string => {
    if (asked !== path || file === undefined) throw new Error(`no file ${asked}`)
    return file
  }
  return { argv: file === undefined ? argv : [...argv, '--config-file', path], env, readFile }
}

export function load(...given: Parameters<typeof sources>): Promise<LoadedConfig<TestSections>> {
  return loadConfig(sections, sources(...given))
}
