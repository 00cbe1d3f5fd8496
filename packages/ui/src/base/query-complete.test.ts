// What may stand at the caret: `|` in the texts below.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { complete, completionAt } from './query-complete.ts'

function at(marked: string): ReturnType<typeof completionAt> {
  const caret = marked.indexOf('|')
  return completionAt(marked.replace('|', ''), caret)
}

describe('at the caret', () => {
  test.each([
    ['|', 'target', '', undefined],
    ['ser|', 'target', 'ser', undefined],
    ['ser|vice = x', 'target', 'ser', undefined],
    ['not (ht|', 'target', 'ht', undefined],
    ['resource:ho|', 'target', 'resource:ho', undefined],
    ['resource:"ho|', 'target', 'resource:ho', undefined],
    ['"a b|', 'target', 'a b', undefined],
    ['service |', 'operator', '', { field: 'service' }],
    ['service i|', 'operator', 'i', { field: 'service' }],
    ['service = |', 'value', '', { field: 'service' }],
    ['service =|', 'value', '', { field: 'service' }],
    ['service = che|', 'value', 'che', { field: 'service' }],
    ['span:x = "a b|', 'value', 'a b', { attr: 'x', level: 'span' }],
    ['"a b" != |', 'value', '', { attr: 'a b', level: 'any' }],
    ['url = http://x/?a=|', 'value', 'http://x/?a=', { attr: 'url', level: 'any' }],
    ['kind in (|', 'value', '', { field: 'kind' }],
    ['kind in (server, c|', 'value', 'c', { field: 'kind' }],
    ['kind = server |', 'joiner', '', { field: 'kind' }],
    ['kind = server an|', 'joiner', 'an', { field: 'kind' }],
    ['kind in (server) |', 'joiner', '', { field: 'kind' }],
    ['(kind = server) |', 'joiner', '', { field: 'kind' }],
    ['exists x |', 'joiner', '', { attr: 'x', level: 'any' }],
    ['a = 1 and |', 'target', '', undefined],
    ['a = 1 b |', 'operator', '', { attr: 'b', level: 'any' }],
    ['exists |', 'target', '', undefined],
  ])('%s', (marked, kind, typed, target) => expect(at(marked)).toMatchObject({ kind, typed, target }))

  test.each(['kind in |', 'kind in (server |'])('nothing is offered: %s', (marked) =>
    expect(at(marked)).toBeUndefined(),
  )

  test('a choice replaces the whole word, also behind the caret, and its quotes', () => {
    const choose = (marked: string, insert: string): string => {
      const place = at(marked)
      if (place === undefined) throw new Error('nothing to replace')
      const { text, caret } = complete(marked.replace('|', ''), place, insert)
      return `${text.slice(0, caret)}|${text.slice(caret)}`
    }
    expect(choose('ser|vi = x', 'service ')).toBe('service |= x')
    expect(choose('a = 1 and ht| and b = 2', 'http.route ')).toBe('a = 1 and http.route |and b = 2')
    expect(choose('x = "a b|', '"a b c" ')).toBe('x = "a b c" |')
    expect(choose('x = |', '7 ')).toBe('x = 7 |')
    expect(choose('resource:"ho|', 'resource:host.name ')).toBe('resource:host.name |')
  })

  test('any text at any place is met without a throw, and the replaced part holds the caret', () => {
    const part = fc.constantFrom(
      'service',
      '=',
      '"',
      '(',
      ')',
      ',',
      ' ',
      'in',
      'not',
      'exists',
      'a:b',
      'span:',
      '\\',
      '~',
    )
    fc.assert(
      fc.property(fc.array(part), fc.nat(), (parts, place) => {
        const text = parts.join('')
        const caret = text.length === 0 ? 0 : place % (text.length + 1)
        const found = completionAt(text, caret)
        if (found === undefined) return
        expect(found.from).toBeGreaterThanOrEqual(0)
        expect(found.from).toBeLessThanOrEqual(caret)
        expect(found.to).toBeGreaterThanOrEqual(caret)
        expect(found.to).toBeLessThanOrEqual(text.length)
      }),
    )
  })
})
