// What strangers send over HTTP: the laws of every receiver, and what JSON adds to them.

import { expect, it } from 'vitest'
import { mutated, seededRandom } from '@spoor/testkit/receiver-contract/bad-bytes'
import { httpAbuseLaws } from '@spoor/testkit/receiver-contract/http-abuse'
import { numberedJson } from '@spoor/testkit/receiver-contract/otlp-json'
import { encodeNumbered, numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import { createOtlpHttpReceiver } from './receiver.ts'

const JSON_TYPE = 'application/json'
const JSON_BODY = numberedJson(numberedSpans(1, 3))

const abuse = httpAbuseLaws({
  name: 'otlp-http',
  create: (config, host) => createOtlpHttpReceiver({ ...config, corsAllowedOrigins: [], corsAllowedHeaders: [] }, host),
  path: '/v1/traces',
  type: 'application/x-protobuf',
  encode: encodeNumbered,
  good: 200,
})

it('JSON cut at every position', async () => {
  await abuse.besideANeighbour(async () => {
    for (let cut = 0; cut < JSON_BODY.length; cut += 17) {
      expect(await abuse.post(JSON_BODY.slice(0, cut), JSON_TYPE)).toBe(400)
    }
  })
  expect(abuse.sink.accepted.filter((number) => number <= 3)).toEqual([])
})

it('mutated JSON', async () => {
  const random = seededRandom(11)
  const seen = new Set<number>()
  await abuse.besideANeighbour(async () => {
    for (let i = 0; i < 200; i++) seen.add(await abuse.post(mutated(Buffer.from(JSON_BODY), random), JSON_TYPE))
  })
  expect([...seen].sort((a, b) => a - b)).toEqual([200, 400])
})

it('JSON nested without end', async () => {
  await abuse.besideANeighbour(async () => {
    for (const open of ['[', '{"a":', '{"resourceSpans":[', '{"arrayValue":{"values":[']) {
      expect(await abuse.post(open.repeat(100_000), JSON_TYPE)).toBe(400)
    }
  })
})
