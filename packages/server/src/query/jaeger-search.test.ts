// Jaeger's search parameters: every wrong value of every parameter is refused by name, right ones mean what Jaeger
// means.

import { SpoorError } from '@spoor/core/base/errors'
import { describe, expect, test } from 'vitest'
import {
  DEFAULT_LIMIT,
  DEFAULT_LOOKBACK_NS,
  parseFlag,
  parseJaegerSearch,
  parseTraceIds,
  type QueryParameters,
} from './jaeger-search.ts'

const NOW = 1_787_220_000_000_000_000n

function parse(parameters: QueryParameters): ReturnType<typeof parseJaegerSearch> {
  return parseJaegerSearch(parameters, '', NOW)
}

function refusal(run: () => unknown): SpoorError {
  try {
    run()
  } catch (error) {
    if (error instanceof SpoorError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const BAD: readonly (readonly [string, readonly string[]])[] = [
  ['start', ['abc', '1.5', '0x10', ' 1', '9223372036854775808', '9'.repeat(40)]],
  ['end', ['abc', '1e6', '--1']],
  ['limit', ['abc', '1.5', '2147483648']],
  ['minDuration', ['bad', '10', '1.2.3s', '5x', '-', 's']],
  ['maxDuration', ['bad', '10', '1s 2s']],
  ['tag', ['nocolon', '']],
  ['tags', ['{bad', '["a"]', '', 'null', '1', '{"a":1}', '{"a":true}', '{"a":{}}', '{"a":["b"]}', '{"a":null}']],
]

describe('a wrong value is refused and its parameter named', () => {
  test.each(BAD)('%s', (name, values) => {
    for (const value of values) {
      const error = refusal(() => parse({ service: 's', [name]: value }))
      expect([error.kind, error.field, error.message]).toEqual(['invalid', name, expect.stringContaining(`'${name}'`)])
    }
  })

  test('maxDuration under minDuration', () => {
    expect(refusal(() => parse({ minDuration: '2s', maxDuration: '1s' })).field).toBe('maxDuration')
  })

  test('traceID', () => {
    for (const value of ['', 'xyz', '0x1', '-1', 'a'.repeat(33), ['abc', 'no hex']]) {
      const error = refusal(() => parseTraceIds({ traceID: value }))
      expect([error.kind, error.field, error.message]).toEqual([
        'invalid',
        'traceID',
        expect.stringContaining('traceID'),
      ])
    }
    expect(refusal(() => parseTraceIds({ traceID: Array<string>(1001).fill('1') })).field).toBe('traceID')
  })

  test('raw', () => {
    const error = refusal(() => parseFlag({ raw: 'maybe' }, 'raw'))
    expect([error.kind, error.field, error.message]).toEqual(['invalid', 'raw', expect.stringContaining("'raw'")])
  })
})

describe('right values', () => {
  test('nothing asks for everything of the last two days', () => {
    const { filter, startMinNs, startMaxNs, limit } = parse({})
    expect([filter, startMinNs, startMaxNs, limit]).toEqual([undefined, NOW - DEFAULT_LOOKBACK_NS, NOW, DEFAULT_LIMIT])
  })

  test('empty values count as absent, but for tag and tags', () => {
    const empty = { service: '', operation: '', start: '', end: '', minDuration: '', maxDuration: '', limit: '' }
    expect(parse(empty)).toEqual(parse({}))
  })

  test('a bound covers the microsecond that it names', () => {
    const { startMinNs, startMaxNs } = parse({ start: '1787220000000000', end: '1787220000000001' })
    expect([startMinNs, startMaxNs]).toEqual([1_787_220_000_000_000_000n, 1_787_220_000_000_001_999n])
    expect(parse({ start: '-5' }).startMinNs).toBe(0n)
  })

  test('limits of none and below mean the default', () => {
    expect(['0', '-1', '7', '1000000'].map((limit) => parse({ limit }).limit)).toEqual([100, 100, 7, 1_000_000])
  })

  test('conditions are joined on one span', () => {
    const parameters = {
      service: ['shop', 'ignored'],
      operation: 'GET /',
      minDuration: '1.5ms',
      maxDuration: '2s',
      tag: ['a:1', 'url:http://x:80'],
      tags: '{"b":"2","a":"3"}',
    }
    expect(parse(parameters).filter).toEqual({
      op: 'and',
      args: [
        { op: 'eq', target: { field: 'service' }, value: 'shop' },
        { op: 'eq', target: { field: 'name' }, value: 'GET /' },
        { op: 'gte', target: { field: 'duration' }, value: 1_500_000n },
        { op: 'lte', target: { field: 'duration' }, value: 2_000_000_000n },
        { op: 'eq', target: { attr: 'a', level: 'any' }, value: '3' },
        { op: 'eq', target: { attr: 'url', level: 'any' }, value: 'http://x:80' },
        { op: 'eq', target: { attr: 'b', level: 'any' }, value: '2' },
      ],
    })
  })

  test('ids of every spelling', () => {
    const ids = parseTraceIds({
      traceID: [
        'abc',
        'ABC',
        '00000000000000000000000000000abc',
        '5A00000000000001a000000000000001',
        'abe000000000000003',
      ],
    })
    expect(ids).toEqual([
      '0000000000000abc',
      '0000000000000abc',
      '00000000000000000000000000000abc',
      '5a00000000000001a000000000000001',
      '00000000000000abe000000000000003',
    ])
  })
})
