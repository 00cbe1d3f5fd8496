// Hashes against the reference evaluator: whatever v1 tag the evaluator finds on a span, the hashes of its row, its
// resource, its scope or its columns (virtual tags) must make a candidate of it. A miss here would be a span that search
// loses in some stores only.

import { eachSearchable, valueText } from '@spoor/core/model/value-text'
import { evaluate } from '@spoor/core/model/evaluate'
import type { Attribute, Span } from '@spoor/core/model/span'
import { virtualTag } from '@spoor/core/model/virtual-tags'
import { spansArbitrary } from '@spoor/testkit/trace-gen/arbitrary'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeTraces } from './encode.ts'
import { hashesOfText, keyHash } from './hash.ts'
import { scanOtlp } from './scan.ts'
import type { SpanBatch } from './span-batch.ts'

function rowHashes(batch: SpanBatch, row: number): Set<number> {
  const hashes = new Set(batch.hashes.subarray(batch.hashStart[row], batch.hashStart[row + 1]))
  const resource = batch.resource[row] ?? 0
  const scope = batch.scope[row] ?? 0
  for (const [table, i] of [
    [batch.resources, resource],
    [batch.scopes, scope],
  ] as const) {
    for (const hash of table.hashes.subarray(table.hashStart[i], table.hashStart[i + 1])) hashes.add(hash)
  }
  return hashes
}

/** Tags as a person may type them: what is there, as shown, and near misses. */
function tagsOf(span: Span): [key: string, text: string][] {
  const tags: [string, string][] = [
    ['error', 'true'],
    ['span.kind', 'server'],
    ['a', '500'],
    ['event', '500'],
  ]
  const parts = [span, span.resource, span.scope, ...span.events, ...span.links]
  const attributes: Attribute[] = parts.flatMap((part) => part.attributes)
  for (const { name } of span.events) tags.push(['event', name])
  for (const { key, value } of attributes) {
    eachSearchable(key, value, (path, plain) => {
      tags.push([path, valueText(plain)])
      if (plain.type === 'bytes') tags.push([path, Buffer.from(plain.value).toString('hex')])
      if (plain.type === 'double') tags.push([path, plain.value.toExponential()])
    })
  }
  return tags
}

test('every tag that the evaluator finds has a hash in the batch, and every key has its key-only hash', () => {
  let found = 0
  fc.assert(
    fc.property(spansArbitrary, (spans) => {
      const batch = scanOtlp(encodeTraces(spans))
      spans.forEach((span, row) => {
        const hashes = rowHashes(batch, row)
        for (const [key, text] of tagsOf(span)) {
          if (!evaluate({ op: 'eq', target: { attr: key, level: 'any' }, value: text }, span)) continue
          const virtual = virtualTag(key)?.read(span)
          if (virtual !== undefined && valueText(virtual) === text) continue
          found++
          expect(
            hashesOfText(key, text).some((hash) => hashes.has(hash)),
            `${key}=${text}`,
          ).toBe(true)
          expect(hashes.has(keyHash(key)), key).toBe(true)
        }
      })
    }),
    { numRuns: 150 },
  )
  expect(found).toBeGreaterThan(1000)
})
