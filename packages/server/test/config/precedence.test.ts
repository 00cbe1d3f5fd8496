// Which of the places that give a value wins, and whether what print-config writes loads to the same.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { envNames } from '../../src/config/names.ts'
import { configYaml } from '../../src/config/print.ts'
import type { Option } from '../../src/config/section.ts'
import { doorSection, FILE, load, sections, type DoorConfig } from './sections.ts'

describe('precedence', () => {
  type Property = Exclude<keyof DoorConfig, 'headers' | 'caFile' | 'tls'>
  /** How one would write a value: as text, as a file holds it, and what it means. */
  interface Written {
    readonly text: string
    readonly native: unknown
    readonly value: unknown
  }
  const plain = (value: string | number): Written => ({ text: String(value), native: value, value })
  const word = fc.stringMatching(/^[a-z][a-z0-9 =:#'"{]{0,10}[a-z]$/)
  const written: Record<Property, fc.Arbitrary<Written>> = {
    listen: fc.nat(65_535).map((port) => ({ text: `h:${port}`, native: `h:${port}`, value: { host: 'h', port } })),
    timeoutMs: fc.nat(9_999).map((s) => ({ text: `${s}s`, native: `${s}s`, value: s * 1_000 })),
    maxBytes: fc.nat(9_999).map(plain),
    workers: fc.integer({ min: 1, max: 999 }).map(plain),
    mode: fc.constantFrom('fast', 'safe').map(plain),
    tenants: fc.uniqueArray(word, { maxLength: 3 }).map((items) => ({
      text: items.map((item) => `"${item.replaceAll('"', '""')}"`).join(','),
      native: items,
      value: items,
    })),
    password: word.map(plain),
  }
  interface Assignment {
    readonly property: Property
    readonly source: 'file' | 'environment' | 'flag'
    readonly name: string
    readonly written: Written
    readonly nested: boolean
  }
  const options = Object.entries(doorSection.options).filter(([property]) => property in written) as [
    Property,
    Option,
  ][]
  const assignments = fc
    .tuple(
      ...options.flatMap(([property, option]) =>
        (['file', 'environment', 'flag'] as const).map((source) => {
          const names = source === 'environment' ? envNames(option) : [option.name, ...option.aliases]
          const given = fc.record({
            property: fc.constant(property),
            source: fc.constant(source),
            name: fc.constantFrom(...names),
            written: written[property],
            nested: fc.boolean(),
          })
          return fc.option(given, { nil: undefined })
        }),
      ),
    )
    .map((all) => all.filter((each): each is Assignment => each !== undefined))

  function tree(given: readonly Assignment[]): object {
    const root: Record<string, unknown> = {}
    for (const { name, written, nested } of given) {
      const path = nested ? name.split('.') : [name]
      let node = root
      for (const key of path.slice(0, -1)) node = (node[key] ??= {}) as Record<string, unknown>
      node[path.at(-1) ?? ''] = written.native
    }
    return root
  }

  test('any assignment of sources: the strongest wins, and the origin is right', async () => {
    await fc.assert(
      fc.asyncProperty(assignments, fc.boolean(), async (all, equals) => {
        const of = (source: Assignment['source']): Assignment[] => all.filter((each) => each.source === source)
        const argv = of('flag').flatMap(({ name, written }) =>
          equals ? [`--${name}=${written.text}`] : [`--${name}`, written.text],
        )
        const env = Object.fromEntries(of('environment').map(({ name, written }) => [name, written.text]))
        const loaded = await load(argv, env, JSON.stringify(tree(of('file'))))
        for (const [property] of options) {
          // Empty text in the environment counts as not set: the empty list is written as one.
          const given = all.filter((each) => each.property === property)
          const winner =
            given.find(({ source }) => source === 'flag') ??
            given.find(({ source, written }) => source === 'environment' && written.text !== '') ??
            given.find(({ source }) => source === 'file')
          const setting = loaded.settings.find(({ named }) => named.section === 'door' && named.property === property)
          if (winner === undefined) {
            expect(setting?.origin).toEqual({ source: 'default' })
            continue
          }
          const { source, name } = winner
          expect(setting?.origin).toEqual(source === 'file' ? { source, name, path: FILE } : { source, name })
          expect(loaded.config.door[property]).toEqual(winner.written.value)
          expect(setting?.value).toBe(loaded.config.door[property])
        }
      }),
      { numRuns: 200 },
    )
  })
  /** What means something in YAML, among plain letters. */
  const awkward = fc.constantFrom(...Array.from('ab1 \n\n\t#:-?"\'\\{}[],&*!|>%@`~\r\u0085\u2028\uFEFF\0'))

  test('the printed configuration loads back to the same, whatever the values', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          'door.headers': fc.array(fc.string({ unit: awkward })),
          'door.tenants': fc.array(fc.string()),
          'door.tls.ca': fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: awkward, maxLength: 60 })),
          'door.workers': fc.integer({ min: 1, max: 999 }),
          'door.timeout': fc.nat().map((ms) => `${ms}ms`),
          'door.max-size': fc.maxSafeNat(),
          'door.tls': fc.boolean(),
        }),
        async (file) => {
          const first = await load(['--log-level', 'warn'], {}, JSON.stringify(file))
          const printed = configYaml(sections, first)
          const again = await load([], {}, printed)
          expect(again.config).toEqual(first.config)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('print-config', () => {
  test('says where each value is from, and keeps secrets to itself', async () => {
    const loaded = await load(
      ['--query.port=81', '--door.password=hunter2'],
      { WORKERS: '7' },
      'door: {tls: {ca: a b}}',
    )
    const printed = configYaml(sections, loaded)
    expect(printed).toContain('\ndoor.host-port: ":81" # the flag --query.port\n')
    expect(printed).toContain('\ndoor.workers: 7 # the environment variable WORKERS\n')
    expect(printed).toContain(`\ndoor.tls.ca: "a b" # door.tls.ca in ${FILE}\n`)
    expect(printed).toContain('\ndoor.timeout: "1m30s" # the default\n')
    expect(printed).toContain('\n# door.password: ******** (secret) # the flag --door.password\n')
    expect(printed).not.toContain('hunter2')
    for (const { named } of loaded.settings) expect(printed).toContain(`${named.option.name}: `)
  })
})
