// A text has one number, whether it comes as text or as the bytes of it, however many there are; beyond the bound no text is
// made, and the facet says that it is partial.

import { Buffer } from 'node:buffer'
import { array, assert, boolean, constantFrom, oneof, property, string, tuple } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextCounts } from './text-counts.ts'

const BOUND = 100_000

function ofBytes(counts: TextCounts, text: string): number {
  const bytes = Buffer.from(`<<${text}>>`, 'latin1')
  return counts.numberOfAscii(bytes, 2, bytes.length - 2)
}

describe('TextCounts', () => {
  it('gives equal texts one number and different ones two, as text and as bytes', () => {
    const text = oneof(string({ unit: 'binary-ascii' }), constantFrom('', 'a', 'b', 'ab', 'ba', 'aa'))
    assert(
      property(array(tuple(text, boolean()), { maxLength: 600 }), (asked) => {
        const counts = new TextCounts()
        const known = new Map<string, number>()
        for (const [one, isBytes] of asked) {
          const number = isBytes ? ofBytes(counts, one) : counts.numberOf(one)
          expect(number).toBe(known.get(one) ?? known.size)
          known.set(one, number)
        }
        expect(counts.texts).toEqual([...known.keys()])
      }),
    )
  })

  it('keeps known texts apart from those beyond its bound', () => {
    const counts = new TextCounts()
    for (let i = 0; i < BOUND; i++) expect(i % 2 === 0 ? counts.numberOf(`t${i}`) : ofBytes(counts, `t${i}`)).toBe(i)
    expect([counts.numberOf('more'), ofBytes(counts, 'more')]).toEqual([-1, -1])
    expect([counts.numberOf('t99999'), ofBytes(counts, 't0')]).toEqual([99_999, 0])
    counts.add([ofBytes(counts, 't7')], 1)
    counts.add([ofBytes(counts, 'more')], 1)
    const facet = counts.facet({ attr: 'key', level: 'any' }, 10, false)
    expect([facet.values, facet.spans, facet.partial]).toEqual([[{ value: 't7', spans: 1 }], 2, true])
  })
})
