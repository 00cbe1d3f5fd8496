// The scanner against the platform's own JSON: the same texts are JSON, and the same strings come out of them, however they are
// escaped and wherever they are broken.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { textOf } from '../codec/text.ts'
import { JsonScanner } from './json-scanner.ts'

/** Whether the bytes are one JSON value. */
function accepts(text: string): boolean {
  const scanner = new JsonScanner()
  scanner.reset(new TextEncoder().encode(text))
  try {
    scanner.skip()
    scanner.finish()
    return true
  } catch {
    return false
  }
}

function platformAccepts(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** JSON of a text in which every `every`th unit is written as \uXXXX. */
function escaped(text: string, every: number): string {
  const plain = JSON.stringify(text)
  if (every === 0) return plain
  const units = [...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`)
  return `"${units.map((unit, i) => (i % every === 0 || isHalf(text, i) ? unit : JSON.stringify(text[i]).slice(1, -1))).join('')}"`
}

/** Halves of pairs are escaped both: half a pair is no text of its own in UTF-8. */
function isHalf(text: string, i: number): boolean {
  const unit = text.charCodeAt(i)
  return unit >= 0xd800 && unit <= 0xdfff
}

test('strings come out as they went in, however they are escaped', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 3 }), fc.string(), (text, every, after) => {
      const scanner = new JsonScanner()
      scanner.reset(new TextEncoder().encode(` [ ${escaped(text, every)},${JSON.stringify(after)}] `))
      scanner.listBegin('texts')
      expect(scanner.element(true)).toBe(true)
      scanner.text('a text')
      const { bytes, offset, length } = scanner
      expect(scanner.element(false)).toBe(true)
      scanner.text('a text')
      expect(textOf(bytes, scanner.offset, scanner.length)).toBe(after)
      expect(scanner.element(false)).toBe(false)
      scanner.finish()
      // What was resolved in place is still there.
      expect(textOf(bytes, offset, length)).toBe(text)
    }),
  )
})

test('half a pair of an escaped character is U+FFFD', () => {
  const scanner = new JsonScanner()
  scanner.reset(new TextEncoder().encode(String.raw`"\ud83da\ude80\ud83d\ud83d\ude80"`))
  scanner.text('a text')
  expect(textOf(scanner.bytes, scanner.offset, scanner.length)).toBe('\ufffda\ufffd\ufffd\u{1f680}')
})

test('what is JSON to the platform is JSON here, and nothing else', () => {
  const parts = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '\\u0',
    '1',
    '-',
    '.',
    'e',
    '0',
    'null',
    ' ',
    '\n',
    '\u0001',
    'x',
  )
  let good = 0
  let bad = 0
  fc.assert(
    fc.property(fc.json(), fc.array(fc.tuple(fc.nat(), fc.nat(3), parts), { maxLength: 2 }), (json, edits) => {
      const text = edits.reduce((before, [at, cut, part]) => {
        const from = at % (before.length + 1)
        return before.slice(0, from) + part + before.slice(from + cut)
      }, json)
      const expected = platformAccepts(text)
      if (expected) good++
      else bad++
      expect([text, accepts(text)]).toEqual([text, expected])
    }),
    { numRuns: 3000 },
  )
  expect(Math.min(good, bad)).toBeGreaterThan(300)
})
