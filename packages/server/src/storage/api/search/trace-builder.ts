// Builds one trace as an OTLP TracesData message from spans that lie in many places. Spans of the same resource and scope
// (by bytes) are put together; a span that is there already is left out; span messages are copied as they are.

import { Buffer } from 'node:buffer'
import { sameSpan, spanKey } from '../same-span.ts'

/** Different spans with one id that a span is compared with: nobody has more, but for somebody who wants to keep us busy. */
const MAX_ALIKE = 16

interface ScopeGroup {
  readonly scope: Uint8Array
  readonly schema: Uint8Array
  readonly spans: Uint8Array[]
  /** Spans by spanKey(), from the second span on: mostly one each. */
  byKey: Map<number, Uint8Array[]> | undefined
  spanBytes: number
}

interface ResourceGroup {
  readonly resource: Uint8Array
  readonly schema: Uint8Array
  readonly scopes: Map<string, ScopeGroup>
}

/** A message and the schema URL that stands beside it; both may be empty. */
export interface GroupBytes {
  readonly message: Uint8Array
  readonly schema: Uint8Array
}

export class TraceBuilder {
  readonly #resources = new Map<string, ResourceGroup>()
  /** Neighbours mostly share the very same messages. */
  #last: { readonly resource: GroupBytes; readonly scope: GroupBytes; readonly group: ScopeGroup } | undefined
  spanCount = 0

  /** `span`: a Span message, kept by reference until finish(). False where the same span was added before. */
  add(resource: GroupBytes, scope: GroupBytes, span: Uint8Array): boolean {
    const group = this.#lastGroup(resource, scope) ?? this.#group(resource, scope)
    this.#last = { resource, scope, group }
    if (!isNew(group, span)) return false
    group.spans.push(span)
    group.spanBytes += 1 + varintLength(span.length) + span.length
    this.spanCount++
    return true
  }

  #lastGroup(resource: GroupBytes, scope: GroupBytes): ScopeGroup | undefined {
    const last = this.#last
    return last !== undefined && isSame(last.resource, resource) && isSame(last.scope, scope) ? last.group : undefined
  }

  #group(resource: GroupBytes, scope: GroupBytes): ScopeGroup {
    const resourceKey = keyOf(resource)
    let owner = this.#resources.get(resourceKey)
    if (owner === undefined) {
      owner = { resource: resource.message.slice(), schema: resource.schema.slice(), scopes: new Map() }
      this.#resources.set(resourceKey, owner)
    }
    const scopeKey = keyOf(scope)
    let group = owner.scopes.get(scopeKey)
    if (group === undefined) {
      group = { scope: scope.message.slice(), schema: scope.schema.slice(), spans: [], byKey: undefined, spanBytes: 0 }
      owner.scopes.set(scopeKey, group)
    }
    return group
  }

  /** The TracesData message: a fresh buffer. */
  finish(): Uint8Array {
    let total = 0
    const sizes: number[] = []
    for (const resource of this.#resources.values()) {
      const size = resourceSize(resource)
      sizes.push(size)
      total += fieldSize(size)
    }
    const out = new MessageWriter(total)
    let i = 0
    for (const resource of this.#resources.values()) {
      out.tag(0x0a, sizes[i++] ?? 0)
      out.optional(0x0a, resource.resource)
      for (const group of resource.scopes.values()) {
        out.tag(0x12, scopeSize(group))
        out.optional(0x0a, group.scope)
        for (const span of group.spans) out.field(0x12, span)
        out.optional(0x1a, group.schema)
      }
      out.optional(0x1a, resource.schema)
    }
    return out.bytes
  }
}

/** Remembers the span where it is new. */
function isNew(group: ScopeGroup, span: Uint8Array): boolean {
  const [first] = group.spans
  if (first === undefined) return true
  group.byKey ??= new Map([[spanKey(first), [first]]])
  const key = spanKey(span)
  const known = group.byKey.get(key)
  if (known === undefined) group.byKey.set(key, [span])
  else if (known.some((other) => sameSpan(other, span))) return false
  else if (known.length < MAX_ALIKE) known.push(span)
  return true
}

function isSame(a: GroupBytes, b: GroupBytes): boolean {
  return isSameView(a.message, b.message) && isSameView(a.schema, b.schema)
}

function isSameView(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && (a.length === 0 || (a.byteOffset === b.byteOffset && a.buffer === b.buffer))
}

function keyOf(group: GroupBytes): string {
  const { message, schema } = group
  return `${latin1(message)}/${message.length}/${latin1(schema)}`
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

function optionalSize(bytes: Uint8Array): number {
  return bytes.length === 0 ? 0 : fieldSize(bytes.length)
}

function scopeSize(group: ScopeGroup): number {
  return optionalSize(group.scope) + group.spanBytes + optionalSize(group.schema)
}

function resourceSize(resource: ResourceGroup): number {
  let size = optionalSize(resource.resource) + optionalSize(resource.schema)
  for (const group of resource.scopes.values()) size += fieldSize(scopeSize(group))
  return size
}

/** Bytes of a length-delimited field with a one-byte tag. */
function fieldSize(length: number): number {
  return 1 + varintLength(length) + length
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) length++
  return length
}

class MessageWriter {
  readonly bytes: Uint8Array
  #at = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  tag(tag: number, length: number): void {
    this.bytes[this.#at++] = tag
    let rest = length
    while (rest > 0x7f) {
      this.bytes[this.#at++] = (rest & 0x7f) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.bytes[this.#at++] = rest
  }

  field(tag: number, bytes: Uint8Array): void {
    this.tag(tag, bytes.length)
    this.bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  optional(tag: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.field(tag, bytes)
  }
}
