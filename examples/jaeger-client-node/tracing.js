// Starts jaeger-client by the JAEGER_ variables: where spans go (JAEGER_AGENT_HOST and JAEGER_AGENT_PORT, or
// JAEGER_ENDPOINT for HTTP) and which traces are sampled. Unless JAEGER_SAMPLER_TYPE says otherwise, all are.
'use strict'

const { initTracerFromEnv } = require('jaeger-client')

exports.startTracing = function startTracing() {
  process.env.JAEGER_SAMPLER_TYPE ??= 'const'
  process.env.JAEGER_SAMPLER_PARAM ??= '1'
  return initTracerFromEnv(
    { serviceName: 'shop-node' },
    {
      tags: { 'team.name': 'Bücher & Söhne', 'team.on_call': true, 'team.size': 7, 'team.load': 0.75 },
      // The other clients read this variable themselves.
      traceId128bit: process.env.JAEGER_TRACEID_128BIT === 'true',
      logger: { info() {}, error: console.error },
    },
  )
}
