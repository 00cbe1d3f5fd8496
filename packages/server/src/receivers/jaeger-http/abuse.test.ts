// What strangers send to 14268: the laws of every receiver over HTTP, and lists and structs that claim what is not there.

import { expect, it } from 'vitest'
import { httpAbuseLaws } from '@spoor/testkit/receiver-contract/http-abuse'
import { numberedBatch } from '@spoor/testkit/receiver-contract/jaeger-thrift'
import { numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import { createJaegerHttpReceiver } from './receiver.ts'

const abuse = httpAbuseLaws({
  name: 'jaeger-http',
  create: createJaegerHttpReceiver,
  path: '/api/traces',
  type: 'application/x-thrift',
  encode: (spans) => numberedBatch(spans, 'binary'),
  good: 202,
})

const PROCESS = '0c00010b0001000000016100' // of the service a

it.each([
  ['a list of 2^31 - 1 spans', `${PROCESS}0f00020c7fffffff`, 1],
  ['a list of -1 spans', `${PROCESS}0f00020cffffffff`, 1],
  ['a name of 2 GiB', '0c00010b00017fffffff', 1],
  ['a name of negative length', '0c00010b0001ffffffff', 1],
  ['an unknown list of 2^31 - 1 empty structs', `${PROCESS}0f00630c7fffffff`, 1],
  ['an unknown map of 2^31 - 1 pairs', `${PROCESS}0d006302027fffffff`, 1],
  ['structs nested without end', '0c0063', 200_000],
  ['lists nested without end', '0f00630f000000010f000000010f00000001', 100_000],
  ['the compact protocol', numberedBatch(numberedSpans(1, 3), 'compact').toString('hex'), 1],
])('%s', async (_, hex, times) => {
  await abuse.besideANeighbour(async () => {
    expect(await abuse.post(Buffer.from(hex.repeat(times), 'hex'))).toBe(400)
  })
  expect(await abuse.host.count('spoor_requests_total', { receiver: 'jaeger-http', code: 'internal' })).toBe(0)
})
