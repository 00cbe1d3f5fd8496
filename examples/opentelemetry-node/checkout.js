// A checkout service. `node checkout.js` serves POST /checkout on PORT (8085); `node checkout.js --once` serves one
// request that it makes itself, prints what it sent as one line of JSON, and exits.
'use strict'

const { Recorder } = require('./report.js')
const once = process.argv.includes('--once')
const recorder = new Recorder()
const sdk = require('./telemetry.js').startTelemetry(...(once ? [recorder] : []))

const http = require('node:http')
const { SpanKind, SpanStatusCode, trace } = require('@opentelemetry/api')

const tracer = trace.getTracer('checkout', '1.4.2')

/** Stock is reserved in a trace of its own; the checkout that uses it links to it. */
function reserveStock() {
  const span = tracer.startSpan('reserve stock', { kind: SpanKind.PRODUCER, root: true })
  span.setAttribute('messaging.destination.name', 'stock')
  span.end()
  return span.spanContext()
}

function chargeCard(reservation) {
  const links = [{ context: reservation, attributes: { 'link.order': 1, 'link.reason': 'reserved' } }]
  tracer.startActiveSpan('charge card', { links }, (span) => {
    span.setAttributes({
      'order.id': 'Bestellung-4711 ☕',
      'order.coupon': '',
      'order.express': true,
      'order.items': 3,
      'order.user_id': 9007199254740991,
      'order.total': 59.99,
      'order.weight': 2,
      'order.skus': ['A-1', 'ß-2'],
      'order.gift': [true, false],
      'order.quantities': [1, -2],
      'order.prices': [19.99, 20.5],
      'order.signature': Buffer.from([0, 255, 16]),
      'order.address': { city: 'Zürich', geo: [47.37, 8.54], zip: 8001 },
    })
    span.addEvent('cache miss', { 'cache.key': 'price:A-1', 'cache.ratio': 0.5, 'cache.tried': 2 })
    try {
      throw new RangeError('Karte abgelehnt: Limit 50 €')
    } catch (error) {
      span.recordException(error)
      span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
    }
    span.end()
  })
}

function sendReceipt() {
  tracer.startActiveSpan('send receipt', (span) => {
    span.setStatus({ code: SpanStatusCode.OK })
    span.end()
  })
}

const server = http.createServer((request, response) => {
  chargeCard(reserveStock())
  sendReceipt()
  response.writeHead(402, { 'content-type': 'text/plain' }).end('card declined\n')
})

function checkout(port) {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, path: '/checkout', method: 'POST' }, (response) => {
      response.resume().on('end', resolve)
    })
    request.on('error', reject).end()
  })
}

async function runOnce() {
  const traceId = await tracer.startActiveSpan('buy', async (span) => {
    await checkout(server.address().port)
    span.end()
    return span.spanContext().traceId
  })
  await new Promise((resolve) => server.close(resolve))
  await sdk.shutdown()
  console.log(recorder.line(traceId))
}

server.listen(once ? 0 : Number(process.env.PORT ?? 8085), () => {
  if (once) return runOnce()
  console.log(`curl -X POST http://localhost:${server.address().port}/checkout`)
  process.once('SIGINT', () => sdk.shutdown().finally(() => process.exit(0)))
})
