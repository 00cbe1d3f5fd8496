// The receiver contract over Zipkin's four encodings and HTTP, through the platform's own client (fetch).

import { receiverContract, type SendOutcome } from '@spoor/testkit/receiver-contract/kit'
import type { NumberedSpan } from '@spoor/testkit/receiver-contract/spans'
import { ZIPKIN_FORMS, type ZipkinForm } from '@spoor/testkit/receiver-contract/zipkin'
import { describe } from 'vitest'
import { createZipkinHttpReceiver } from './receiver.ts'

for (const [name, form] of Object.entries(ZIPKIN_FORMS)) {
  describe(`Zipkin ${name}`, () => {
    receiverContract({
      name: 'zipkin-http',
      create: (host, port) =>
        createZipkinHttpReceiver(
          {
            listen: { host: '127.0.0.1', port },
            maxBodyBytes: 1 << 20,
            readHeaderTimeoutMs: 2000,
            readTimeoutMs: 10_000,
            idleTimeoutMs: 120_000,
            keepAlive: true,
            corsAllowedOrigins: ['*'],
            corsAllowedHeaders: ['content-type'],
          },
          host,
        ),
      connect: (address) =>
        Promise.resolve({
          send: async (spans) => await post(address, form, spans),
          close: () => Promise.resolve(),
        }),
    })
  })
}

async function post(address: string, form: ZipkinForm, spans: readonly NumberedSpan[]): Promise<SendOutcome> {
  const response = await fetch(`http://${address}${form.path}`, {
    method: 'POST',
    headers: { 'content-type': form.type },
    body: new Uint8Array(form.encode(spans)),
  })
  const text = await response.text()
  const refused = /^(\d+) of (\d+) spans refused: [^\n]+\n$/.exec(text)
  if (response.status === 202 && text === '') return { status: 'ok', rejected: 0, message: '' }
  // 400 is right where nothing was stored, and only there.
  if (refused !== null && response.status === (refused[1] === refused[2] ? 400 : 202)) {
    return { status: 'ok', rejected: Number(refused[1]), message: text.trimEnd() }
  }
  if (response.status !== 429 && response.status !== 503) throw new Error(`status ${response.status}: ${text}`)
  if (!text.includes('try again')) throw new Error(`no reason in ${text}`)
  return { status: 'retry', afterMs: Number(response.headers.get('retry-after')) * 1000 }
}
