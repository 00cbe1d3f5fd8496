// Starts OpenTelemetry. Loaded before anything that it instruments. The protocol comes from OTEL_EXPORTER_OTLP_PROTOCOL
// (grpc, http/protobuf, http/json), the endpoint from OTEL_EXPORTER_OTLP_ENDPOINT.
'use strict'

const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')
const { resourceFromAttributes } = require('@opentelemetry/resources')
const { NodeSDK } = require('@opentelemetry/sdk-node')
const { BatchSpanProcessor } = require('@opentelemetry/sdk-trace')

const EXPORTERS = {
  grpc: '@opentelemetry/exporter-trace-otlp-grpc',
  'http/protobuf': '@opentelemetry/exporter-trace-otlp-proto',
  'http/json': '@opentelemetry/exporter-trace-otlp-http',
}

function newExporter() {
  const protocol = process.env.OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/protobuf'
  const name = EXPORTERS[protocol]
  if (name === undefined) throw new Error(`OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}`)
  const { OTLPTraceExporter } = require(name)
  return new OTLPTraceExporter()
}

/** Returns the running SDK; its `shutdown()` sends what is still waiting. */
exports.startTelemetry = (...moreProcessors) => {
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({
      'service.name': 'checkout-node',
      'service.version': '1.4.2',
      'team.name': 'Bücher & Söhne',
      'team.on_call': true,
      'team.size': 7,
      'team.load': 0.75,
    }),
    instrumentations: [new HttpInstrumentation()],
    spanProcessors: [new BatchSpanProcessor({ exporter: newExporter() }), ...moreProcessors],
  })
  sdk.start()
  return sdk
}
