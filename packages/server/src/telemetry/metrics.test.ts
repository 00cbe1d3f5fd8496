// What a scrape says: the sum of all threads, with Prometheus' own rules for counters, gauges and histograms.

import { expect, test } from 'vitest'
import { createMetrics, renderMetrics } from './metrics.ts'

test('counters and gauges of all threads add up, per label', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.add('spoor_requests_total', { receiver: 'otlp-grpc', code: 'ok' }, 3)
  one.add('spoor_requests_total', { receiver: 'otlp-grpc', code: 'ok' })
  one.add('spoor_requests_total', { receiver: 'otlp-grpc', code: 'bad_protobuf' })
  other.add('spoor_requests_total', { receiver: 'otlp-grpc', code: 'ok' }, 10)
  one.set('spoor_body_budget_used_bytes', {}, 7)
  one.set('spoor_body_budget_used_bytes', {}, 5)
  const text = await renderMetrics([await one.snapshot(), await other.snapshot()])
  expect(text).toContain('# TYPE spoor_requests_total counter')
  expect(text).toContain('spoor_requests_total{receiver="otlp-grpc",code="ok"} 14')
  expect(text).toContain('spoor_requests_total{receiver="otlp-grpc",code="bad_protobuf"} 1')
  expect(text).toMatch(/^spoor_body_budget_used_bytes 5$/m)
})

test('histograms count cumulatively, and above the last bound in +Inf', async () => {
  const metrics = createMetrics()
  for (const seconds of [0.0005, 0.0007, 0.3, 99])
    metrics.observe('spoor_ingest_ack_seconds', { receiver: 'x' }, seconds)
  const text = await renderMetrics([await metrics.snapshot()])
  expect(text).toContain('spoor_ingest_ack_seconds_bucket{le="0.0005",receiver="x"} 1')
  expect(text).toContain('spoor_ingest_ack_seconds_bucket{le="0.001",receiver="x"} 2')
  expect(text).toContain('spoor_ingest_ack_seconds_bucket{le="0.5",receiver="x"} 3')
  expect(text).toContain('spoor_ingest_ack_seconds_bucket{le="10",receiver="x"} 3')
  expect(text).toContain('spoor_ingest_ack_seconds_bucket{le="+Inf",receiver="x"} 4')
  expect(text).toContain('spoor_ingest_ack_seconds_count{receiver="x"} 4')
  expect(text).toMatch(/spoor_ingest_ack_seconds_sum\{receiver="x"\} 99\.30/)
})

test('label values from strangers are escaped', async () => {
  const metrics = createMetrics()
  const svc = 'a"b\\c\nd'
  metrics.add('jaeger_collector_spans_received_total', { svc, format: 'otlp', transport: 'http' })
  expect(await renderMetrics([await metrics.snapshot()])).toContain('svc="a\\"b\\\\c\\nd"')
})

test('gauges that are read are read for each snapshot', async () => {
  const metrics = createMetrics()
  let reads = 0
  metrics.onCollect(() => metrics.set('spoor_body_budget_used_bytes', {}, ++reads))
  await metrics.snapshot()
  expect(await renderMetrics([await metrics.snapshot()])).toMatch(/^spoor_body_budget_used_bytes 2$/m)
})

test('a metric used as another kind, or with other labels, is a mistake in the program', () => {
  const metrics = createMetrics()
  expect(() => metrics.set('spoor_requests_total', { receiver: 'a', code: 'b' }, 1)).toThrow('is a counter')
  expect(() => metrics.add('spoor_ingest_ack_seconds', { receiver: 'a' })).toThrow('is a histogram')
  expect(() => metrics.add('spoor_requests_total', { receiver: 'a' })).toThrow('needs the label code')
  expect(() => metrics.add('spoor_requests_total', { receiver: 'a', code: 'b', more: 1 })).toThrow('has no labels but')
})
