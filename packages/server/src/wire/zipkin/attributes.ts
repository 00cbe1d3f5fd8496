// KeyValue messages of OTLP that are the same in span after span: made once, then copied.

import { Buffer } from 'node:buffer'
import type { OtlpBatchBuilder } from '../otlp/batch-builder.ts'
import { ipv4Text, ipv6Text } from './address.ts'
import type { Endpoint } from './draft.ts'

const MAX_ADDRESSES = 4096

/** Bytes of a KeyValue with a text. */
export function textAttribute(key: string, value: string): Uint8Array {
  return keyValue(key, message(0x0a, Buffer.from(value)))
}

export function boolAttribute(key: string, value: boolean): Uint8Array {
  return keyValue(key, Uint8Array.of(0x10, Number(value)))
}

function keyValue(key: string, value: Uint8Array): Uint8Array {
  return Buffer.concat([message(0x0a, Buffer.from(key)), message(0x12, value)])
}

/** Of at most 127 bytes. */
function message(tag: number, body: Uint8Array): Uint8Array {
  if (body.length > 0x7f) throw new Error(`a constant of ${body.length} bytes`)
  return Buffer.concat([Uint8Array.of(tag, body.length), body])
}

/** Writes one key with ports as values. */
export class PortAttribute {
  private readonly key: Uint8Array
  /** By the number of bytes of the port. */
  private readonly forms: readonly Uint8Array[]

  constructor(key: string) {
    this.key = message(0x0a, Buffer.from(key))
    this.forms = [1, 2, 3].map((size) =>
      Buffer.concat([this.key, Uint8Array.of(0x12, size + 1, 0x18), new Uint8Array(size)]),
    )
  }

  /** 0 is none and not written. */
  write(builder: OtlpBatchBuilder, port: number): void {
    if (port === 0) return
    const size = port < 0x80 ? 1 : port < 0x4000 ? 2 : 3
    const form = this.forms[size - 1] as Uint8Array
    let rest = port
    for (let i = form.length - size; i < form.length; i++) {
      form[i] = rest < 0x80 ? rest : (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    builder.rawAttribute(form, 0, form.length)
  }
}

/** Writes one key with addresses as texts. Services call few others, so most of the texts are known. */
export class AddressAttribute {
  private readonly key: string
  private readonly known = new Map<number, Uint8Array>()

  constructor(key: string) {
    this.key = key
  }

  write(builder: OtlpBatchBuilder, { ipv4, hasIpv6, ipv6 }: Endpoint): void {
    if (ipv4 !== 0) {
      const bytes = this.known.get(ipv4) ?? this.add(ipv4)
      builder.rawAttribute(bytes, 0, bytes.length)
    }
    if (hasIpv6) builder.stringAttribute(this.key, ipv6Text(ipv6))
  }

  private add(ipv4: number): Uint8Array {
    if (this.known.size >= MAX_ADDRESSES) this.known.clear()
    const bytes = textAttribute(this.key, ipv4Text(ipv4))
    this.known.set(ipv4, bytes)
    return bytes
  }
}
