// The recorded thrift, broken in every way: cut, mutated, and messages that claim or nest more than any reader should follow.
// All from a seed, none from the clock.

import { mutated, seededRandom } from '@spoor/testkit/receiver-contract/bad-bytes'
import type { Input } from './recordings.ts'

export type Encoding = 'compact' | 'binary'

/** A recorded input longer than this holds one long text, in whose middle all cuts are alike. */
const LONG_INPUT = 4096
const LONG_EDGE = 1500
const LONG_STEP = 512
const MUTATIONS = 400
const DEPTH = 10_000
const INT32_MAX = 0x7f_ff_ff_ff

/** Every beginning of every input but the whole. */
export function cutEverywhere(inputs: readonly Input[]): Buffer[] {
  return inputs.flatMap(({ bytes }) => {
    const lengths = Array.from({ length: bytes.length }, (_, length) => length)
    const isEdge = (length: number): boolean => length < LONG_EDGE || length > bytes.length - LONG_EDGE
    const kept = bytes.length <= LONG_INPUT ? lengths : lengths.filter((at) => isEdge(at) || at % LONG_STEP === 0)
    return kept.map((length) => bytes.subarray(0, length))
  })
}

export function mutations(inputs: readonly Input[]): Uint8Array[] {
  const random = seededRandom(4)
  const small = inputs.filter(({ bytes }) => bytes.length <= LONG_INPUT)
  return Array.from({ length: MUTATIONS }, () => mutated(small[random(small.length)]?.bytes ?? Buffer.alloc(1), random))
}

/** A number as thrift's compact encoding writes it. */
function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80)
  return Buffer.from([...bytes, rest])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** A Batch's first bytes: a process of the service `x`, up to its STOP. */
const PROCESS: Readonly<Record<Encoding, Buffer>> = {
  binary: Buffer.from([0x0c, 0, 1, 0x0b, 0, 1, 0, 0, 0, 1, 0x78, 0]),
  compact: Buffer.from([0x1c, 0x18, 1, 0x78, 0]),
}

/** Lists of 2^31 - 1 and of less than no elements, strings as long, and structs in structs, in place of a Batch's spans. */
export function claims(encoding: Encoding): Buffer[] {
  const process = PROCESS[encoding]
  const bodies =
    encoding === 'binary'
      ? [
          ...[INT32_MAX, -1, -INT32_MAX].map((size) => Buffer.concat([Buffer.from([0x0f, 0, 2, 0x0c]), int32(size)])),
          Buffer.concat([Buffer.from([0x0f, 0, 2, 0x02]), int32(INT32_MAX)]),
          Buffer.concat([Buffer.from([0x0d, 0, 9, 0x0b, 0x0b]), int32(INT32_MAX)]),
          Buffer.concat([Buffer.from([0x0b, 0, 9]), int32(INT32_MAX)]),
          Buffer.concat(Array.from({ length: DEPTH }, () => Buffer.from([0x0c, 0, 9]))),
          Buffer.concat(
            Array.from({ length: DEPTH }, () => Buffer.from([0x0f, 0, 9, 0x0c, 0, 0, 0, 1])).slice(0, 5000),
          ),
        ]
      : [
          Buffer.concat([Buffer.from([0x19, 0xfc]), varint(INT32_MAX)]),
          Buffer.concat([Buffer.from([0x19, 0xfc]), varint(0xff_ff_ff_ff)]),
          Buffer.concat([Buffer.from([0x19, 0xf1]), varint(INT32_MAX)]),
          Buffer.concat([Buffer.from([0x8b]), varint(INT32_MAX), Buffer.from([0x88])]),
          Buffer.concat([Buffer.from([0x88]), varint(INT32_MAX)]),
          Buffer.alloc(DEPTH, 0x8c),
          Buffer.concat(Array.from({ length: DEPTH }, () => Buffer.from([0x89, 0x1c]))),
        ]
  return bodies.map((body) => Buffer.concat([process, body]))
}

/** A message's first bytes. */
function header(encoding: Encoding, method: string, type: number): Buffer {
  const name = Buffer.from(method)
  return encoding === 'binary'
    ? Buffer.concat([Buffer.from([0x80, 1, 0, type]), int32(name.length), name, int32(1)])
    : Buffer.concat([Buffer.from([0x82, (type << 5) | 1, 1]), varint(name.length), name])
}

/** The field of a call's arguments in which a Batch stands; STOPs after it. */
const ARGUMENT: Readonly<Record<Encoding, Buffer>> = {
  binary: Buffer.from([0x0c, 0, 1]),
  compact: Buffer.from([0x1c]),
}

const ONEWAY = 4

/** A Batch's bytes as a packet. */
export function asPacket(encoding: Encoding, batch: Uint8Array, method = 'emitBatch', type: number = ONEWAY): Buffer {
  return Buffer.concat([header(encoding, method, type), ARGUMENT[encoding], batch, Buffer.from([0, 0])])
}
