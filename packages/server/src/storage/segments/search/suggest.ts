// Attribute keys and values to suggest while somebody types: from the tables of segments and the newest rows of heads. Work is
// bounded, newest segments first, so of very much data some may be missing; what belongs to another tenant never shows.

import { facetValues } from '@spoor/core/model/facets'
import type { FilterTarget } from '@spoor/core/model/filter'
import type { Attribute } from '@spoor/core/model/span'
import { eachSearchable, valueText } from '@spoor/core/model/value-text'
import { SpanDecoder } from '../../../wire/otlp/decode.ts'
import { keyHash } from '../../../wire/otlp/hash.ts'
import { Turns } from '../../api/search/turns.ts'
import { inlineValue } from '../block-reader.ts'
import { listEntry } from '../bytes.ts'
import { KEY_WHOLE, VALUE_INLINE } from '../format.ts'
import type { HeadView } from '../head-view.ts'
import type { Segment } from '../segment.ts'
import { keyKinds } from '../token-match.ts'
import { guarded, type HeldPlaces, type IndexHost } from './places.ts'

const BUDGET_MS = 250
/** Rows of a head that are looked at, the newest. */
const HEAD_ROWS = 2048
/** Dictionary entries of a key and segment that are looked at, the most used first. */
const ENTRIES = 4096
/** Blocks of a segment of which the values that stand in them, or that are of one of several tenants, are looked at. */
const BLOCKS = 8
const NO_OPTIONS = {}

type Take = (text: string) => void

async function suggest(
  host: IndexHost,
  prefix: string,
  limit: number,
  read: (places: HeldPlaces, take: Take) => Generator<void>,
): Promise<readonly string[]> {
  const found = new Set<string>()
  const places = host.hold()
  const turns = new Turns(NO_OPTIONS)
  const until = performance.now() + BUDGET_MS
  try {
    const steps = read(places, (text) => {
      if (text !== '' && text.startsWith(prefix)) found.add(text)
    })
    for (let step = steps.next(); step.done !== true && performance.now() < until; step = steps.next())
      if (turns.over) await turns.pause()
  } finally {
    places.letGo()
  }
  return [...found].toSorted().slice(0, limit)
}

export async function suggestKeys(
  host: IndexHost,
  tenant: string,
  prefix: string,
  limit: number,
): Promise<readonly string[]> {
  return await suggest(host, prefix, limit, function* (places, take) {
    const each = (attributes: readonly Attribute[]): void => {
      for (const { key } of attributes) take(key)
    }
    for (const view of places.heads) {
      if (places.headsMoved()) break
      for (const { span } of headSpans(view, tenant, undefined)) {
        each(span.attributes)
        each(span.resource.attributes)
        each(span.scope.attributes)
        for (const part of [...span.events, ...span.links]) each(part.attributes)
      }
      yield
    }
    for (const segment of visible(places, tenant)) {
      guarded(host, segment, NO_OPTIONS, () => {
        groupsOf(segment, tenant, each)
        if (segment.entryInfo.tenants.length === 1) tableKeys(segment, take)
      })
      yield
      if (segment.entryInfo.tenants.length === 1) continue
      for (const block of newestBlocks(segment, tenant)) {
        guarded(host, segment, NO_OPTIONS, () => blockKeys(segment, block, take))
        yield
      }
    }
  })
}

export async function suggestValues(
  host: IndexHost,
  tenant: string,
  key: string,
  prefix: string,
  limit: number,
): Promise<readonly string[]> {
  const target: FilterTarget = { attr: key, level: 'any' }
  return await suggest(host, prefix, limit, function* (places, take) {
    const each = (attribute: Attribute): void => {
      eachSearchable(attribute.key, attribute.value, (path, value) => {
        if (path === key) take(valueText(value))
      })
    }
    for (const view of places.heads) {
      if (places.headsMoved()) break
      for (const { span } of headSpans(view, tenant, keyHash(key)))
        for (const text of facetValues(target, span)) take(text)
      yield
    }
    for (const segment of visible(places, tenant)) {
      const own = segment.entryInfo.tenants.length === 1
      guarded(host, segment, NO_OPTIONS, () => {
        groupsOf(segment, tenant, (attributes) => attributes.forEach(each))
        if (own) dictionaryValues(segment, key, each)
      })
      yield
      for (const block of newestBlocks(segment, tenant)) {
        guarded(host, segment, NO_OPTIONS, () => blockValues(segment, block, key, each))
        yield
      }
    }
  })
}

/** Newest segments first. */
function* visible({ segments, tombstones }: HeldPlaces, tenant: string): Generator<Segment> {
  for (const segment of segments.toReversed()) {
    if (segment.tenant(tenant) === undefined || segment.damaged) continue
    segment.hidden(tombstones)
    if (!segment.isForgotten(tenant)) yield segment
  }
}

/** Of the newest rows; with a hash, of those that have it. */
function* headSpans(
  view: HeadView,
  tenant: string,
  hash: number | undefined,
): Generator<{ readonly span: ReturnType<SpanDecoder['span']> }> {
  const { head } = view
  const index = head.tenantIndex(tenant)
  if (index < 0) return
  const decoder = new SpanDecoder(head.batch(head.capacity.spans))
  const { rows, hashes, hashStart } = head
  for (let row = rows - 1; row >= Math.max(0, rows - HEAD_ROWS); row--) {
    if (head.tenantOf(row) !== index || view.isHidden(row)) continue
    if (hash === undefined || hasHash(hashes, hashStart, row, hash) || groupHas(view, row, hash))
      yield { span: decoder.span(row) }
  }
}

function hasHash(hashes: Uint32Array, starts: Uint32Array, row: number, hash: number): boolean {
  for (let at = starts[row] as number; at < (starts[row + 1] as number); at++) if (hashes[at] === hash) return true
  return false
}

function groupHas({ head }: HeadView, row: number, hash: number): boolean {
  const { resources, scopes } = head
  return (
    hasHash(resources.hashes, resources.hashStart, head.resource[row] as number, hash) ||
    hasHash(scopes.hashes, scopes.hashStart, head.scope[row] as number, hash)
  )
}

/** Attributes of the tenant's resources and, where the segment is all its own, scopes. */
function groupsOf(segment: Segment, tenant: string, each: (attributes: readonly Attribute[]) => void): void {
  const meta = segment.tenant(tenant)
  if (meta === undefined) return
  const used = new Set<number>()
  for (let block = meta.firstBlock; block < meta.firstBlock + meta.blocks; block++)
    for (const resource of segment.blocks.resources[block] ?? []) used.add(resource)
  for (const resource of used) each(segment.resources.attributes(resource))
  if (segment.entryInfo.tenants.length > 1) return
  for (let scope = 0; scope < segment.scopes.messages.length; scope++) each(segment.scopes.attributes(scope))
}

function tableKeys(segment: Segment, take: Take): void {
  const text = new TextDecoder()
  for (let i = 0; i < segment.keys.count; i++) take(text.decode(listEntry(segment.keys, i)))
  const strings = segment.strings()
  const whole = Math.min(ENTRIES, segment.entryStart[KEY_WHOLE + 1] as number)
  for (let i = 0; i < whole; i++) take(segment.attribute(KEY_WHOLE, strings.dictionaryValue(KEY_WHOLE, i + 1)).key)
}

function newestBlocks(segment: Segment, tenant: string): number[] {
  const meta = segment.tenant(tenant)
  if (meta === undefined) return []
  return Array.from({ length: Math.min(BLOCKS, meta.blocks) }, (_, i) => meta.firstBlock + i)
}

function blockKeys(segment: Segment, block: number, take: Take): void {
  const { attributes, eventAttributes } = segment.tokens(block)
  const used = new Set([...attributes.key, ...eventAttributes.key])
  const text = new TextDecoder()
  for (const key of used) if (key !== KEY_WHOLE) take(text.decode(listEntry(segment.keys, key - 1)))
}

function dictionaryValues(segment: Segment, key: string, each: (attribute: Attribute) => void): void {
  const kinds = keyKinds(segment, key)
  const strings = segment.strings()
  const { entryStart } = segment
  for (let number = 0; number < kinds.length; number++) {
    if (kinds[number] === 0) continue
    const count = Math.min(ENTRIES, (entryStart[number + 1] as number) - (entryStart[number] as number))
    for (let i = 0; i < count; i++) each(segment.attribute(number, strings.dictionaryValue(number, i + 1)))
  }
}

/** Values of the key in a block, those of the dictionary too. */
function blockValues(segment: Segment, block: number, key: string, each: (attribute: Attribute) => void): void {
  const kinds = keyKinds(segment, key)
  const strings = segment.strings()
  const { attributes, eventAttributes } = segment.tokens(block)
  const seen = new Set<number>()
  for (const codes of [attributes, eventAttributes]) {
    for (let i = 0; i < codes.key.length; i++) {
      const number = codes.key[i] as number
      if (kinds[number] === 0) continue
      const code = codes.code[i] as number
      if (code === VALUE_INLINE) {
        each(segment.attribute(number, inlineValue(segment.values(block), number, codes.ordinal[i] as number)))
      } else if (!seen.has(number * 0x1_0000_0000 + code)) {
        seen.add(number * 0x1_0000_0000 + code)
        each(segment.attribute(number, strings.dictionaryValue(number, code)))
      }
    }
  }
}
