// Text in and out: ids, durations, logfmt, times, the search address, colours.

import { SEARCH_ORDERS } from '@spoor/core/api/search'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PALETTE_SIZE, paletteStep, serviceColorIndex, textOn } from './color.ts'
import { formatDuration, formatTick, parseDuration } from './duration.ts'
import { findTraceId, hexAt, sameTraceId } from './ids.ts'
import { compactCount, formatCount, formatShare } from './number.ts'
import { formatLogfmt, parseLogfmt } from './logfmt.ts'
import { clockStep, niceStep, ticks } from './scale.ts'
import {
  asksForSearch,
  decodeSearch,
  encodeSearch,
  formatQueryString,
  ORDERS,
  parseQueryString,
  withFreshTimes,
  type SearchForm,
} from './search-url.ts'
import { formatDateTime, formatNs, formatRelative, fromInputValue, toInputValue, zoneName } from './time.ts'

const NOW = 1_787_220_000_000

describe('trace ids', () => {
  test.each([
    ['4bf92f3577b34da6a3ce929d0e0e4736', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['  4BF92F3577B34DA6A3CE929D0E0E4736 \n', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['4bf92f35-77b3-4da6-a3ce-929d0e0e4736', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['0x1f', '1f'],
    ['a3ce929d0e0e4736', 'a3ce929d0e0e4736'],
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['a3ce929d0e0e4736:00f067aa0ba902b7:0:1', 'a3ce929d0e0e4736'],
    ['http://jaeger:16686/x/trace/4bf92f3577b34da6a3ce929d0e0e4736?uiFind=a', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['https://h/api/traces/4BF92F3577B34DA6A3CE929D0E0E4736', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['S/kvNXezTaajzpKdDg5HNg==', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['S_kvNXezTaajzpKdDg5HNg', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['o86SnQ4ORzY=', 'a3ce929d0e0e4736'],
  ])('%s', (text, id) => expect(findTraceId(text)).toBe(id))

  test.each(['', 'hello world', 'xyz', '4bf92f3577b34da6a3ce929d0e0e47361', '%E0%A4'])('none in %j', (text) => {
    expect(findTraceId(text)).toBeUndefined()
  })

  test('16 and 32 digits are one id', () => {
    expect(sameTraceId('A1', '000000000000000000000000000000a1')).toBe(true)
    expect(sameTraceId('a1', 'a2')).toBe(false)
    expect(hexAt(Uint8Array.of(0, 10, 255), 1, 2)).toBe('0aff')
  })
})

describe('durations', () => {
  test.each([
    ['1.2s', 1.2e9],
    ['100ms', 1e8],
    ['500us', 5e5],
    ['3µs', 3e3],
    ['1m30s', 9e10],
    ['.5h', 1.8e12],
    [' 7ns ', 7],
  ])('reads %s', (text, ns) => expect(parseDuration(text)).toBe(ns))
  test.each(['', '5', 's', '1.2.3s', '5 ms', '-1s', '1d'])('refuses %j', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  )
  test.each([
    [0, '0 ns'],
    [999, '999 ns'],
    [1000, '1 µs'],
    [1234, '1.23 µs'],
    [456_000, '456 µs'],
    [999_600, '1 ms'],
    [12_300_000, '12.3 ms'],
    [1_234_000_000, '1.23 s'],
    [59_940_000_000, '59.9 s'],
    [123e9, '2 m 03 s'],
    [3_900e9, '1 h 05 m'],
    [90_000e9, '1 d 01 h'],
    [-5000, '−5 µs'],
  ])('writes %d ns', (ns, text) => expect(formatDuration(ns)).toBe(text))
  test('neighbouring ticks differ', () => {
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e13, noNaN: true }), fc.integer({ min: 2, max: 12 }), (span, count) => {
        const step = niceStep(span, count)
        const labels = ticks(0, span, step).map((tick) => formatTick(tick, step))
        expect(new Set(labels).size).toBe(labels.length)
        expect(labels.length).toBeLessThanOrEqual(count + 1)
      }),
    )
    expect(clockStep(3_600_000, 6)).toBe(600_000)
  })
})

describe('logfmt', () => {
  test('reads what people type', () => {
    expect(parseLogfmt('error=true http.status_code=500')).toEqual({
      tags: { error: 'true', 'http.status_code': '500' },
    })
    expect(parseLogfmt('error msg="a \\"b\\" c" empty= url=http://x?a=b')).toEqual({
      tags: { error: 'true', msg: 'a "b" c', empty: '', url: 'http://x?a=b' },
    })
    expect(parseLogfmt('  ')).toEqual({ tags: {} })
    for (const wrong of ['=x', 'a="b', 'a"b=c', '"']) expect(parseLogfmt(wrong), wrong).toHaveProperty('error')
  })
  test('is its own inverse', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (tags) => {
        expect(parseLogfmt(formatLogfmt(tags))).toEqual({ tags: { ...tags } })
      }),
    )
  })
})

describe('the search address', () => {
  test('has the orders of the API', () => expect(ORDERS).toEqual(SEARCH_ORDERS))

  const decode = (query: string): SearchForm => decodeSearch(parseQueryString(query), NOW)

  test.each([
    [
      'empty values',
      'service=x&maxDuration&minDuration&operation=&limit=20',
      { service: 'x', operation: '', minDuration: '', limit: 20 },
    ],
    [
      'lookback only',
      'service=x&lookback=1h',
      { lookback: '1h', start: String((NOW - 3_600_000) * 1000), end: String(NOW * 1000) },
    ],
    ['tags', 'tags=%7B%22error%22%3A%22true%22%7D', { tags: 'error=true' }],
    ['legacy tags', 'tag=error:true&tag=url:http://x', { tags: 'error=true url=http://x' }],
    ['first value wins', 'service=a&service=b', { service: 'a' }],
    [
      'all services, all operations',
      'service=__all_services__&operation=__all_operations__',
      { service: '', operation: '' },
    ],
    ['legacy operation', 'operation=all', { operation: '' }],
    ['lookback derived', 'start=1787219000000000&end=1787220000000000', { lookback: '30m' }],
    ['lookback wrong', 'start=1787219000000000&end=1787220000000000&lookback=7y', { lookback: '30m' }],
    ['too long for any lookback', 'start=1&end=1787220000000000', { lookback: 'custom' }],
    ['custom', 'start=5&end=9&lookback=custom', { lookback: 'custom', start: '5', end: '9' }],
    [
      'times that are none',
      'start=abc&end=-4&lookback=5m',
      { start: String((NOW - 300_000) * 1000), end: String(NOW * 1000) },
    ],
    ['limits', 'limit=99999', { limit: 1500 }],
    ['no limit', 'limit=x', { limit: 20 }],
    ['ours', 'q=a%3D1&order=spans&facet=x&facet=y&facet=x', { q: 'a=1', order: 'spans', facets: ['x', 'y'] }],
    ['an order that is none', 'order=oldest', { order: 'newest' }],
    ['trace ids', 'traceID=a&traceID=b', { traceIds: ['a', 'b'] }],
    ['tags that are no JSON', 'tags={"a', { tags: '{"a' }],
    ['__proto__', 'tags={"__proto__":"x"}&service=constructor', { service: 'constructor' }],
  ])('%s', (_, query, wanted) => expect(decode(query)).toMatchObject(wanted))

  test('an address made from a form gives the form back', () => {
    const text = fc.string()
    const form = fc.record({
      service: text.filter((s) => !['-', '__all_services__'].includes(s)),
      operation: text.filter((s) => !['all', '__all_operations__'].includes(s)),
      tags: fc
        .dictionary(
          fc.string({ minLength: 1 }).filter((key) => key !== '__proto__' && !/^\d+$/.test(key)),
          text,
        )
        .map(formatLogfmt),
      lookback: fc.constantFrom('5m', '1h', '2d', 'custom'),
      start: fc.constant('1787216400000000'),
      end: fc.constant('1787220000000000'),
      minDuration: fc.constantFrom('', '1.2s'),
      maxDuration: fc.constantFrom('', '500us'),
      limit: fc.integer({ min: 1, max: 1500 }),
      traceIds: fc.array(fc.string({ minLength: 1 })),
      q: text.filter((s) => s === '' || s.trim() !== ''),
      order: fc.constantFrom(...ORDERS),
      facets: fc.uniqueArray(fc.string({ minLength: 1 })),
    })
    fc.assert(
      fc.property(form, (given) => {
        expect(decode(formatQueryString(encodeSearch(given)))).toEqual(given)
      }),
    )
  })

  test('fresh times for a lookback, none for a custom range', () => {
    const form = decode('lookback=5m&start=1&end=2')
    expect(withFreshTimes(form, NOW)).toMatchObject({ start: String((NOW - 300_000) * 1000), end: String(NOW * 1000) })
    expect(withFreshTimes({ ...form, lookback: 'custom' }, NOW)).toMatchObject({ start: '1', end: '2' })
  })

  test('only parameters of a search start one', () => {
    expect(asksForSearch(parseQueryString('service=&uiEmbed=v0'))).toBe(false)
    expect(asksForSearch(parseQueryString('lookback=1h'))).toBe(true)
    expect(asksForSearch(parseQueryString('q=a%3D1'))).toBe(true)
  })
})

test('times', () => {
  expect(formatDateTime(NOW + 7, 'utc')).toBe('2026-08-20 10:00:00.007')
  expect(formatNs('1787220000123456789', 'utc')).toBe('2026-08-20 10:00:00.123456789')
  expect(formatNs('0', 'utc')).toBe('1970-01-01 00:00:00.000000000')
  expect(zoneName(NOW, 'utc')).toBe('UTC')
  for (const zone of ['utc', 'local'] as const) expect(fromInputValue(toInputValue(NOW, zone), zone)).toBe(NOW)
  expect(fromInputValue('yesterday', 'utc')).toBeUndefined()
  expect(formatRelative(NOW - 200_000, NOW)).toBe('3 min ago')
  expect(formatRelative(NOW + 7_200_000, NOW)).toBe('in 2 h')
})

describe('service colours', () => {
  /** WCAG's relative luminance of an OKLCH colour (matrices of the CSS Color 4 specification). */
  function luminance({ l, c, h }: { l: number; c: number; h: number }): number {
    const [a, b] = [c * Math.cos((h * Math.PI) / 180), c * Math.sin((h * Math.PI) / 180)]
    const cube = (value: number): number => value ** 3
    const [x, y, z] = [
      cube(l + 0.3963377774 * a + 0.2158037573 * b),
      cube(l - 0.1055613458 * a - 0.0638541728 * b),
      cube(l - 0.0894841775 * a - 1.291485548 * b),
    ]
    const clip = (value: number): number => Math.min(1, Math.max(0, value))
    const [r, g, blue] = [
      clip(4.0767416621 * x - 3.3077115913 * y + 0.2309699292 * z),
      clip(-1.2684380046 * x + 2.6097574011 * y - 0.3413193965 * z),
      clip(-0.0041960863 * x - 0.7034186147 * y + 1.707614701 * z),
    ]
    return 0.2126 * r + 0.7152 * g + 0.0722 * blue
  }
  const contrast = (a: number, b: number): number => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)

  test.each([
    [false, { l: 1, c: 0, h: 0 }],
    [true, { l: 0.22, c: 0.013, h: 230 }],
  ] as const)('can be seen and written on, dark: %s', (dark, surface) => {
    for (let step = 0; step < PALETTE_SIZE; step++) {
      const color = luminance(paletteStep(step, dark))
      expect(contrast(color, luminance(surface)), `step ${step}`).toBeGreaterThanOrEqual(3)
      expect(contrast(color, textOn(step, dark) === '#fff' ? 1 : 0), `text on step ${step}`).toBeGreaterThanOrEqual(4.5)
    }
  })

  test('do not depend on anything but the name, and use the whole palette', () => {
    expect(serviceColorIndex('frontend')).toBe(serviceColorIndex('frontend'))
    const used = new Set(Array.from({ length: 300 }, (_, i) => serviceColorIndex(`svc-${i}`)))
    expect(used.size).toBe(PALETTE_SIZE)
  })
})

describe('counts and shares', () => {
  test('are short where there is little room, and never round an error away', () => {
    expect([0, 999, 1000, 1250, 9949, 9950, 999_499, 999_500, 4_100_000, 2e9].map(compactCount)).toEqual([
      '0',
      '999',
      '1k',
      '1.3k',
      '9.9k',
      '10k',
      '999k',
      '1M',
      '4.1M',
      '2G',
    ])
    expect([0, 1e-9, 0.001, 0.034, 0.25, 0.9999, 1].map(formatShare)).toEqual([
      '0 %',
      '< 0.1 %',
      '0.1 %',
      '3.4 %',
      '25 %',
      '> 99 %',
      '100 %',
    ])
    expect(formatCount(1_234_567)).toBe('1,234,567')
  })
})
