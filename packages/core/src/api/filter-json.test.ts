// Filters as JSON: written and read again they are the same, and what is no filter is refused with its place.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Filter, FilterScalar, FilterTarget } from '../model/filter.ts'
import { readFilterJson, writeFilterJson } from './filter-json.ts'

const scalar: fc.Arbitrary<FilterScalar> = fc.oneof(
  fc.string(),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
)
const target: fc.Arbitrary<FilterTarget> = fc.oneof(
  fc.record({ attr: fc.string(), level: fc.constantFrom('any' as const, 'link' as const, 'scope' as const) }),
  fc.constantFrom<FilterTarget>({ field: 'start' }, { field: 'kind' }, { trace: 'errorCount' }, { trace: 'rootName' }),
)
const { filters } = fc.letrec<{ filters: Filter }>((tie) => ({
  filters: fc.oneof(
    { maxDepth: 4 },
    fc.record({ op: fc.constantFrom('eq' as const, 'lte' as const, 'regex' as const), target, value: scalar }),
    fc.record({ op: fc.constant('in' as const), target, values: fc.array(scalar, { maxLength: 3 }) }),
    fc.record({ op: fc.constant('exists' as const), target }),
    fc.record({ op: fc.constant('not' as const), arg: tie('filters') }),
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), args: fc.array(tie('filters'), { maxLength: 3 }) }),
  ),
}))

const service = { field: 'service' }
const MISTAKES: readonly (readonly [unknown, string])[] = [
  [null, 'filter: expected an object'],
  [[], 'filter: expected an object'],
  [{ op: 'xor', target: service, value: 1 }, 'filter.op: expected and, or, not'],
  [{ op: 'eq', value: 1 }, 'filter.target: expected an object'],
  [{ op: 'eq', target: { field: 'parent' }, value: 1 }, 'filter.target.field: expected one of service'],
  [{ op: 'and', args: [{ op: 'eq', target: service }] }, 'filter.args[0].value: expected a text'],
  [{ op: 'in', target: service, values: [1, {}] }, 'filter.values[1]: expected a text'],
  [{ op: 'eq', target: service, value: { int: '1e3' } }, 'filter.value: expected a text'],
  [{ op: 'or', args: {} }, 'filter.args: expected a list'],
]

describe('filters as JSON', () => {
  test('what is written reads back the same', () => {
    fc.assert(
      fc.property(filters, (filter) => {
        expect(readFilterJson(JSON.parse(JSON.stringify(writeFilterJson(filter))))).toEqual(filter)
      }),
    )
  })

  test.each(MISTAKES)('%j is refused with its place', (value, message) => {
    expect(() => readFilterJson(value)).toThrow(message)
  })

  test('depth and conditions are bounded', () => {
    let deep: unknown = { op: 'exists', target: service }
    for (let i = 0; i < 40; i++) deep = { op: 'not', arg: deep }
    expect(() => readFilterJson(deep)).toThrow('nested deeper than 32')
    const wide = { op: 'and', args: Array.from({ length: 200 }, () => ({ op: 'exists', target: service })) }
    expect(() => readFilterJson({ op: 'or', args: [wide, wide] })).toThrow('more than 256 conditions')
  })
})
