// What the program sent, as one line of JSON in the words of Jaeger's API, so that a reader can compare it with what a
// tracing system shows. It looks into the client for that; a program of yours does not need this.
'use strict'

const { default: thriftOf } = require('jaeger-client/dist/src/thrift.js')

const REFERENCE_TYPES = { CHILD_OF: 'CHILD_OF', FOLLOWS_FROM: 'FOLLOWS_FROM' }

/** From now on remembers every span that the tracer reports. */
exports.record = function record(tracer) {
  const spans = []
  const reporter = tracer._reporter
  const report = reporter.report.bind(reporter)
  const process = { serviceName: reporter._process.serviceName, tags: tags(reporter._process.tags) }
  reporter.report = (span) => {
    spans.push({ ...spanOf(thriftOf.spanToThrift(span)), process })
    report(span)
  }
  return { line: () => JSON.stringify({ spans }) }
}

function spanOf(span) {
  return {
    traceID: traceId(span),
    spanID: span.spanId.toString('hex'),
    parentSpanID: hasBits(span.parentSpanId) ? span.parentSpanId.toString('hex') : '',
    operationName: span.operationName,
    flags: span.flags,
    references: span.references.map((reference) => ({
      refType: REFERENCE_TYPES[reference.refType],
      traceID: traceId(reference),
      spanID: reference.spanId.toString('hex'),
    })),
    startTime: Number(span.startTime.readBigInt64BE()),
    duration: Number(span.duration.readBigInt64BE()),
    tags: tags(span.tags),
    logs: span.logs.map(({ timestamp, fields }) => ({
      timestamp: Number(timestamp.readBigInt64BE()),
      fields: tags(fields),
    })),
  }
}

/** 16 digits unless the id has more than 64 bits. */
function traceId({ traceIdHigh, traceIdLow }) {
  return (hasBits(traceIdHigh) ? traceIdHigh.toString('hex') : '') + traceIdLow.toString('hex')
}

function hasBits(id) {
  return id.some((byte) => byte !== 0)
}

/** Every number is a double: the client does not ask whether it is an integer. */
function tags(list) {
  return list.map(({ key, vType, vStr, vBool, vDouble, vBinary }) => {
    if (vType === 'BOOL') return { key, type: 'bool', value: vBool }
    if (vType === 'DOUBLE') return { key, type: 'float64', value: vDouble }
    if (vType === 'BINARY') return { key, type: 'binary', value: vBinary.toString('base64') }
    return { key, type: 'string', value: vStr }
  })
}
