// Spoor's own metrics: one list of names (names.ts), one object per thread to write them, one text to scrape. Each thread
// counts for itself; the admin door joins the threads' snapshots when somebody scrapes.

import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { LATENCY_SECONDS, METRICS, type MetricDefinition, type MetricName } from './names.ts'

export type Labels = Readonly<Record<string, string | number>>
export type MetricsSnapshot = readonly object[]

export interface Metrics {
  /** Adds to a counter or gauge. */
  add(name: MetricName, labels: Labels, value?: number): void
  /** Sets a gauge. */
  set(name: MetricName, labels: Labels, value: number): void
  /** Observes a value into a histogram. */
  observe(name: MetricName, labels: Labels, value: number): void
  /** Runs before each snapshot: for gauges that are read, not counted. */
  onCollect(read: () => void): void
  snapshot(): Promise<MetricsSnapshot>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const made = new Map<MetricName, Counter | Gauge | Histogram>()
  const readers: (() => void)[] = []
  const get = (name: MetricName): Counter | Gauge | Histogram => {
    let metric = made.get(name)
    if (metric === undefined) {
      metric = create(name, registry)
      made.set(name, metric)
    }
    return metric
  }
  return {
    add(name, labels, value = 1): void {
      const metric = get(name)
      if (metric instanceof Histogram) throw new Error(`${name} is a histogram`)
      metric.inc(labels, value)
    },
    set(name, labels, value): void {
      const metric = get(name)
      if (!(metric instanceof Gauge)) throw new Error(`${name} is not a gauge`)
      metric.set(labels, value)
    },
    observe(name, labels, value): void {
      const metric = get(name)
      if (!(metric instanceof Histogram)) throw new Error(`${name} is not a histogram`)
      metric.observe(labels, value)
    },
    onCollect(read): void {
      readers.push(read)
    },
    async snapshot(): Promise<MetricsSnapshot> {
      for (const read of readers) read()
      return await registry.getMetricsAsJSON()
    },
  }
}

function create(name: MetricName, registry: Registry): Counter | Gauge | Histogram {
  const definition: MetricDefinition = METRICS[name]
  const common = { name, help: definition.help, labelNames: [...definition.labels], registers: [registry] }
  if (definition.type === 'counter') return new Counter(common)
  if (definition.type === 'gauge') return new Gauge(common)
  return new Histogram({ ...common, buckets: [...LATENCY_SECONDS] })
}

/** Joins the snapshots of all threads into the text that Prometheus scrapes (counters and gauges add up). */
export async function renderMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  const registry = AggregatorRegistry.aggregate(snapshots as object[][])
  return await registry.metrics()
}
