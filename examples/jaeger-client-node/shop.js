// A shop service. `node shop.js` serves POST /checkout on PORT (8086); `node shop.js --once` serves requests that it makes
// itself, prints what it sent as one line of JSON, and exits.
'use strict'

const http = require('node:http')
const { setTimeout: delay } = require('node:timers/promises')
const { FORMAT_HTTP_HEADERS, REFERENCE_CHILD_OF, REFERENCE_FOLLOWS_FROM, Reference, Tags } = require('opentracing')
const { record } = require('./report.js')
const { startTracing } = require('./tracing.js')

const once = process.argv.includes('--once')
const tracer = startTracing()
const recorder = once ? record(tracer) : undefined

/** Stock is reserved in a trace of its own; charging the card follows from it. */
function reserveStock() {
  const span = tracer.startSpan('reserve stock', { tags: { [Tags.SPAN_KIND]: Tags.SPAN_KIND_MESSAGING_PRODUCER } })
  span.finish()
  return span.context()
}

function chargeCard(request, reservation) {
  const span = tracer.startSpan('charge card', {
    references: [new Reference(REFERENCE_CHILD_OF, request), new Reference(REFERENCE_FOLLOWS_FROM, reservation)],
  })
  span.addTags({
    'order.id': 'Bestellung-4711 ☕',
    'order.coupon': '',
    'order.express': true,
    'order.items': 3,
    'order.user_id': 9007199254740991,
    'order.total': 59.99,
    'order.weight': 2,
    'order.signature': Buffer.from([0, 255, 16]),
    'order.note': 'Bücher '.repeat(3750),
  })
  span.log({
    event: 'cache miss',
    'cache.key': 'price:A-1',
    'cache.tried': 2,
    'cache.ratio': 0.5,
    'cache.stale': false,
  })
  try {
    throw new RangeError('Karte abgelehnt: Limit 50 €')
  } catch (error) {
    span.setTag(Tags.ERROR, true)
    span.log({ event: 'error', 'error.kind': error.name, message: error.message, stack: error.stack })
  }
  span.finish()
  return span.context()
}

/** Does not belong to the request any more: it only follows from the charge. */
function sendReceipt(charge) {
  tracer.startSpan('send receipt', { references: [new Reference(REFERENCE_FOLLOWS_FROM, charge)] }).finish()
}

/** Records a span per HTTP request. */
function traced(handler) {
  return (request, response) => {
    const caller = tracer.extract(FORMAT_HTTP_HEADERS, request.headers)
    const span = tracer.startSpan(`${request.method} ${request.url}`, {
      childOf: caller,
      tags: {
        [Tags.SPAN_KIND]: Tags.SPAN_KIND_RPC_SERVER,
        [Tags.HTTP_METHOD]: request.method,
        [Tags.HTTP_URL]: request.url,
      },
    })
    const customer = span.getBaggageItem('customer')
    if (customer !== undefined) span.setTag('customer', customer)
    handler(request, response, span)
    span.setTag(Tags.HTTP_STATUS_CODE, response.statusCode)
    span.finish()
  }
}

const server = http.createServer(
  traced((request, response, span) => {
    sendReceipt(chargeCard(span.context(), reserveStock()))
    response.writeHead(402, { 'content-type': 'text/plain' }).end('card declined\n')
  }),
)

function checkout(headers) {
  return new Promise((resolve, reject) => {
    const { port } = server.address()
    const request = http.request({ port, path: '/checkout', method: 'POST', headers }, (response) => {
      response.resume().on('end', resolve)
    })
    request.on('error', reject).end()
  })
}

/** Asks the service for a checkout as its customers do; false: the sampler did not choose this trace. */
async function buy() {
  const span = tracer.startSpan('buy', { tags: { [Tags.SPAN_KIND]: Tags.SPAN_KIND_RPC_CLIENT } })
  if (span.context().isSampled()) {
    span.setBaggageItem('customer', 'Zoë')
    const headers = {}
    tracer.inject(span, FORMAT_HTTP_HEADERS, headers)
    await checkout(headers)
  }
  span.finish()
  return span.context().isSampled()
}

/** A trace that the program itself wants to have, whatever the sampler says. */
function refund() {
  const span = tracer.startSpan('refund')
  span.setTag(Tags.SAMPLING_PRIORITY, 1)
  span.finish()
}

async function runOnce() {
  // A remote sampler has to hear from Spoor first.
  for (const deadline = Date.now() + 20_000; !(await buy()); await delay(20)) {
    if (Date.now() > deadline) throw new Error('no trace was sampled for 20 seconds')
  }
  refund()
  // As support does to find its trace again: sampled whatever the sampler says, and marked.
  await checkout({ 'jaeger-debug-id': 'support-case-7' })
  await new Promise((resolve) => server.close(resolve))
  await new Promise((resolve) => tracer.close(resolve))
  console.log(recorder.line())
}

server.listen(once ? 0 : Number(process.env.PORT ?? 8086), () => {
  if (once) return runOnce()
  console.log(`curl -X POST http://localhost:${server.address().port}/checkout`)
  process.once('SIGINT', () => tracer.close(() => process.exit(0)))
})
