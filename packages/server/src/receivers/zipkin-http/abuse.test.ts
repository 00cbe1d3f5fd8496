// What strangers send to 9411: the laws of every receiver over HTTP, for JSON and for thrift, and bodies that claim or nest what
// is not there. Broken bodies of the other encodings: packages/server/test/wire/zipkin.test.ts.

import { describe, expect, it } from 'vitest'
import { httpAbuseLaws, type HttpAbuse } from '@spoor/testkit/receiver-contract/http-abuse'
import { ZIPKIN_FORMS } from '@spoor/testkit/receiver-contract/zipkin'
import { createZipkinHttpReceiver } from './receiver.ts'

const CORS = { keepAlive: true, corsAllowedOrigins: ['*'], corsAllowedHeaders: ['content-type'] }
const SPAN = '{"traceId":"1","id":"1","name":'

function laws(name: keyof typeof ZIPKIN_FORMS): HttpAbuse {
  const { path, type, encode } = ZIPKIN_FORMS[name]
  return httpAbuseLaws({
    name: 'zipkin-http',
    create: (config, host) => createZipkinHttpReceiver({ ...config, ...CORS }, host),
    path,
    type,
    encode,
    good: 202,
  })
}

/** Bodies that are refused, each beside a neighbour. */
function refuses(abuse: HttpAbuse, bodies: readonly (readonly [what: string, body: string | Buffer])[]): void {
  it.each(bodies)('%s', async (_, body) => {
    await abuse.besideANeighbour(async () => {
      expect(await abuse.post(body)).toBe(400)
    })
    expect(await abuse.host.count('spoor_requests_total', { receiver: 'zipkin-http', code: 'internal' })).toBe(0)
  })
}

describe('v2 JSON', () => {
  refuses(laws('v2-json'), [
    ['lists nested without end', '['.repeat(200_000)],
    ['objects nested without end', `[${SPAN}"a","x":${'{"a":'.repeat(200_000)}`],
    ['lists in an unknown field nested without end', `[${SPAN}"a","x":${'['.repeat(200_000)}`],
    ['a string that never ends', `[${SPAN}"${'a'.repeat(1_000_000)}`],
    ['a string of half escapes', `[${SPAN}"${'\\ud800\\u'.repeat(10_000)}"}]`],
    ['a number of a million digits', `[{"traceId":"1","id":"1","timestamp":${'9'.repeat(1_000_000)}}]`],
    ['a number of a million digits in an unknown field', `[{"traceId":"1","id":"1","x":${'9'.repeat(1_000_000)}}]`],
    [
      'an address of a million colons',
      `[{"traceId":"1","id":"1","localEndpoint":{"ipv6":"${':'.repeat(1_000_000)}"}}]`,
    ],
    ['a trace id of a million digits', `[{"traceId":"${'1'.repeat(1_000_000)}","id":"1"}]`],
    ['a control character in a string', `[${SPAN}"\u0000"}]`],
    ['something behind the list', `[${SPAN}"a"}] []`],
    ['nothing', ''],
  ])
})

describe('v1 thrift', () => {
  refuses(laws('v1-thrift'), [
    ['a list of 2^31 - 1 spans', Buffer.from('0c7fffffff', 'hex')],
    ['a list of -1 spans', Buffer.from('0cffffffff', 'hex')],
    ['a list of texts', Buffer.from('0b0000000100000000', 'hex')],
    ['a name of 2 GiB', Buffer.from('0c000000010b00037fffffff', 'hex')],
    ['2^31 - 1 annotations', Buffer.from('0c000000010f00060c7fffffff', 'hex')],
    ['structs nested without end', Buffer.from(`0c00000001${'0c0063'.repeat(200_000)}`, 'hex')],
    ['an IPv6 address of one byte', Buffer.from('0c000000010f00060c000000010c00030b0004000000017f', 'hex')],
  ])
})
