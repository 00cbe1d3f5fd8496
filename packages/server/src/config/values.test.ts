// What each kind of value takes and refuses, and that what is written is read back as the same value.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatByteSize,
  formatGoDuration,
  formatHostPort,
  parseByteSize,
  parseGoDuration,
  parseHostPort,
} from './units.ts'
import type { Value } from './value.ts'
import { boolean, byteSize, choice, goDuration, hostPort, integer, list, listenAddress, text } from './values.ts'

/** The message of the refusal; fails where the value is taken. */
function refusal(schema: Value<unknown>, raw: unknown): string {
  const result = schema.read(raw)
  expect(result.ok, `${JSON.stringify(raw)} was taken`).toBe(false)
  return result.ok ? '' : result.message
}

describe('durations', () => {
  // Examples from the tests of Go's time package (ParseDuration), in milliseconds.
  const go: [string, number][] = [
    ['0', 0],
    ['5s', 5_000],
    ['30s', 30_000],
    ['1478s', 1_478_000],
    ['-5s', -5_000],
    ['+5s', 5_000],
    ['-0', 0],
    ['5.0s', 5_000],
    ['5.6s', 5_600],
    ['5.s', 5_000],
    ['.5s', 500],
    ['1.004s', 1_004],
    ['100.00100s', 100_001],
    ['10ns', 0.000_01],
    ['11us', 0.011],
    ['12µs', 0.012],
    ['12μs', 0.012],
    ['13ms', 13],
    ['14s', 14_000],
    ['15m', 900_000],
    ['16h', 57_600_000],
    ['3h30m', 12_600_000],
    ['10.5s4m', 250_500],
    ['1h2m3s4ms5us6ns', 3_723_004.005_006],
    ['0.3333333333333333333h', 1_199_999.999_999],
    ['0.100000000000000000000h', 360_000],
  ]
  test.each(go)('%s', (written, ms) => {
    expect(parseGoDuration(written)).toBeCloseTo(ms, 7)
  })

  test.each([
    '',
    '3',
    '-',
    's',
    '.',
    '-.',
    '.s',
    '1d',
    '1 s',
    '1S',
    '+-1s',
    '1e3s',
    '3000000h',
    '9223372036854775808ns',
  ])('%j is none', (written) => {
    expect(parseGoDuration(written)).toBeUndefined()
  })

  test('every duration that was read is written so that it is read again as the same', () => {
    const parts = fc.array(fc.tuple(fc.nat(100_000), fc.constantFrom('ns', 'us', 'ms', 's', 'm', 'h')), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(parts, (list) => {
        const ms = parseGoDuration(list.map(([amount, unit]) => `${amount}${unit}`).join(''))
        expect(ms).toBeDefined()
        expect(parseGoDuration(formatGoDuration(ms ?? -1))).toBe(ms)
      }),
    )
  })

  test('reads as people write', () => {
    expect([0, 250, 1_500, 90_000, 5_400_000, -1_000, 0.01].map(formatGoDuration)).toEqual([
      '0s',
      '250ms',
      '1s500ms',
      '1m30s',
      '1h30m',
      '-1s',
      '10us',
    ])
  })

  test('a number without a unit is refused, and so is what is out of bounds', () => {
    expect(goDuration().parse(0)).toBe(0)
    for (const raw of [250, '250', '-1s', true, null, ['1s']])
      expect(refusal(goDuration(), raw)).toMatch(/^expected a duration with its unit/)
    expect(goDuration({ min: 1_000, max: 60_000 }).parse('1m')).toBe(60_000)
    expect(refusal(goDuration({ min: 1_000, max: 60_000 }), '61s')).toMatch(/at least 1s and at most 1m$/)
  })
})

describe('sizes', () => {
  test.each<[string, number]>([
    ['0', 0],
    ['16777216', 16_777_216],
    ['64MiB', 67_108_864],
    ['64Mi', 67_108_864],
    ['64 mib', 67_108_864],
    ['1.5GiB', 1_610_612_736],
    ['10MB', 10_000_000],
    ['10kB', 10_000],
    ['7B', 7],
    ['1TiB', 1_099_511_627_776],
  ])('%s', (written, bytes) => {
    expect(parseByteSize(written)).toBe(bytes)
  })

  test.each([
    '',
    'MiB',
    '-1',
    '1.5',
    '1.5B',
    '64M',
    '64m',
    '1e6',
    '1iB',
    '0x10',
    '64  MiB',
    '99999999999999999',
    '99999TiB',
  ])('%j is none', (written) => {
    expect(parseByteSize(written)).toBeUndefined()
  })

  test('every size is written so that it is read again as the same', () => {
    const sizes = fc.oneof(
      fc.maxSafeNat(),
      fc.tuple(fc.nat(4_096), fc.constantFrom(10, 20, 30, 40)).map(([n, power]) => n * 2 ** power),
    )
    fc.assert(fc.property(sizes, (bytes) => parseByteSize(formatByteSize(bytes)) === bytes))
    expect([0, 1_000, 16_777_216, 1_536].map(formatByteSize)).toEqual(['0', '1000', '16MiB', '1536'])
  })

  test('native numbers and bounds', () => {
    expect(byteSize().parse(4_194_304)).toBe(4_194_304)
    for (const raw of [1.5, -1, NaN, true, {}]) expect(refusal(byteSize(), raw)).toMatch(/^expected a size in bytes/)
    expect(refusal(byteSize({ min: 1024, max: 1_048_576 }), '2MiB')).toMatch(/at least 1KiB and at most 1MiB$/)
  })
})

describe('addresses', () => {
  test.each<[string, string, number]>([
    [':4317', '', 4_317],
    ['4317', '', 4_317],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['my-host.example:65535', 'my-host.example', 65_535],
    ['[::1]:4317', '::1', 4_317],
    ['[fe80::1%eth0]:4317', 'fe80::1%eth0', 4_317],
  ])('%s', (written, host, port) => {
    expect(parseHostPort(written)).toEqual({ host, port })
    expect(parseHostPort(formatHostPort({ host, port }))).toEqual({ host, port })
  })

  test.each([
    '',
    'localhost',
    ':',
    'localhost:',
    '::1:4317',
    '::1',
    ':65536',
    ':-1',
    'http://x:80',
    'a b:1',
    ':4317x',
    '[]:1',
  ])('%j is none', (written) => {
    expect(refusal(hostPort(), written)).toMatch(/^expected host:port/)
  })

  test('a native number is a port', () => {
    expect(hostPort().parse(14_268)).toEqual({ host: '', port: 14_268 })
    for (const raw of [70_000, 1.5, -1, null]) expect(refusal(hostPort(), raw)).toMatch(/^expected host:port/)
  })

  test('an address to listen on may be off', () => {
    for (const written of ['off', 'OFF', '', false]) expect(listenAddress().parse(written)).toBe('off')
    expect(listenAddress().parse(':6831')).toEqual({ host: '', port: 6831 })
    expect(listenAddress().parse(6831)).toEqual({ host: '', port: 6831 })
    expect(listenAddress().write('off')).toBe('off')
    expect(refusal(listenAddress(), 'offf')).toMatch(/^expected off, or host:port/)
  })
})

describe('the plain kinds', () => {
  test('true and false as Go reads them', () => {
    for (const raw of [true, '1', 't', 'T', 'true', 'TRUE', 'True']) expect(boolean().parse(raw)).toBe(true)
    for (const raw of [false, '0', 'f', 'F', 'false', 'FALSE', 'False']) expect(boolean().parse(raw)).toBe(false)
    for (const raw of ['', 'yes', 'on', 'tRUE', 1, 0, null])
      expect(refusal(boolean(), raw)).toBe('expected true or false')
  })

  test('whole numbers', () => {
    for (const [raw, amount] of [
      ['5', 5],
      ['-5', -5],
      ['+5', 5],
      ['007', 7],
      [5, 5],
    ] as const)
      expect(integer().parse(raw)).toBe(amount)
    for (const raw of ['', ' 5', '5.0', '1e3', '0x10', '9007199254740993', 5.5, true, null, [5]])
      refusal(integer(), raw)
    expect(refusal(integer({ min: 1, max: 3 }), '4')).toBe('expected a whole number, at least 1 and at most 3')
    expect(refusal(integer({ min: 1 }), 0)).toBe('expected a whole number, at least 1')
  })

  test('names in any case, with the list of them where none fits', () => {
    const level = choice(['debug', 'info'])
    expect(level.parse('INFO')).toBe('info')
    expect(refusal(level, 'trace')).toBe('expected one of debug, info')
    for (const raw of ['', 1, null, ['info']]) refusal(level, raw)
    const explained = choice(['a'], (raw) => (raw === 'b' ? 'b is gone' : undefined))
    expect([refusal(explained, 'b'), refusal(explained, 'c')]).toEqual(['b is gone', 'expected a'])
  })

  test('text is only text', () => {
    expect(text().parse('')).toBe('')
    for (const raw of [1, true, null, ['a'], {}]) expect(refusal(text(), raw)).toMatch(/^expected text/)
  })
})

describe('lists', () => {
  test.each<[string, string[]]>([
    ['', []],
    ['a', ['a']],
    ['a,b', ['a', 'b']],
    ['a, b', ['a', 'b']],
    ['a,,b', ['a', '', 'b']],
    [',', ['', '']],
    ['"a,b",c', ['a,b', 'c']],
    ['"say ""x""",y', ['say "x"', 'y']],
    ['a"b,c', ['a"b', 'c']],
  ])('%s', (written, items) => {
    expect(list(text()).parse(written)).toEqual(items)
  })

  test('native lists are taken as they are, items of every kind', () => {
    expect(list(text()).parse(['a,b', 'c'])).toEqual(['a,b', 'c'])
    expect(list(integer()).parse(['1', 2])).toEqual([1, 2])
    expect(list(hostPort()).parse('a:1,b:2')).toEqual([
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ])
    for (const raw of [1, null, {}]) expect(refusal(list(text()), raw)).toBe('expected a list')
    for (const raw of [[1], ['a', ['b']]]) expect(refusal(list(text()), raw)).toMatch(/^in every item expected text/)
    expect(refusal(list(integer({ min: 1 })), '1,0')).toBe('in every item expected a whole number, at least 1')
    const header = text().refine((line) => line.includes(':'), 'expected Name: value')
    expect(refusal(list(header), 'a: b,c')).toBe('in every item expected Name: value')
  })

  test('items that hold commas', () => {
    const headers = list(text(), { commas: false })
    expect(headers.parse('Allow: GET, POST')).toEqual(['Allow: GET, POST'])
    expect(headers.parse('')).toEqual([])
  })

  test('any list of texts is written so that it is read again as the same', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (items) => {
        expect(list(text()).parse(list(text()).write(items))).toEqual(items)
      }),
    )
  })
})

test('help finds the kind behind defaults and checks', () => {
  expect(goDuration().prefault('1s').info.kind).toBe('DURATION')
  expect(boolean().prefault(true).info.shape).toBe('boolean')
  const folder = text('DIR')
    .refine((dir) => dir !== '', 'expected a folder')
    .prefault('x')
  expect(folder.info.kind).toBe('DIR')
  expect(refusal(folder, '')).toBe('expected a folder')
  expect(list(choice(['a', 'b'])).prefault([]).info).toMatchObject({ kind: 'a|b,...', shape: 'list' })
})
