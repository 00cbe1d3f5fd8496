// Puts spans of one resource together. A list in which the services take turns makes a resource for each turn, and a store has room
// for so many of them only; requests of one service, which clients send, never come here.

import { ProtoReader } from '../codec/protobuf.ts'
import { ProtoWriter } from '../codec/protobuf-writer.ts'
import * as field from '../otlp/fields.ts'

/** Room for the lengths of messages of any size. */
const LARGE = 4

/** Places of one resource's spans in the request. */
interface Group {
  /** The Resource message with its tag, and the Scope with its. */
  readonly resource: Place
  readonly scope: Place
  /** From behind the scope to the end of each ScopeSpans message. */
  readonly spans: Place[]
}

type Place = readonly [from: number, to: number]

/**
 * A request of the same spans, in the order of their resources. Takes what this folder's writers make: each ResourceSpans has one
 * Resource, then one ScopeSpans, which begins with its Scope; all scopes of a request are equal.
 */
export function joinResources(bytes: Uint8Array): Uint8Array {
  const groups = new Map<string, Group>()
  const reader = new ProtoReader(bytes)
  const end = bytes.length
  while (reader.pos < end) {
    reader.tag(end)
    const to = reader.length(end) + reader.pos
    const resource = passMessage(reader, to)
    reader.tag(to)
    reader.length(to)
    const scope = passMessage(reader, to)
    const key = Buffer.from(bytes.buffer, bytes.byteOffset + resource[0], resource[1] - resource[0]).toString('latin1')
    const spans: Place = [scope[1], to]
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { resource, scope, spans: [spans] })
    else known.spans.push(spans)
    reader.pos = to
  }
  const writer = new ProtoWriter(bytes.length)
  for (const { resource, scope, spans } of groups.values()) {
    const outer = writer.begin(field.RESOURCE_SPANS, LARGE)
    writer.raw(bytes, resource[0], resource[1] - resource[0])
    const inner = writer.begin(field.SCOPE_SPANS, LARGE)
    writer.raw(bytes, scope[0], scope[1] - scope[0])
    for (const [from, to] of spans) writer.raw(bytes, from, to - from)
    writer.end(inner, LARGE)
    writer.end(outer, LARGE)
  }
  return writer.finish()
}

function passMessage(reader: ProtoReader, end: number): Place {
  const from = reader.pos
  reader.tag(end)
  const to = reader.length(end) + reader.pos
  reader.pos = to
  return [from, to]
}
