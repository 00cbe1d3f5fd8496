// Spoor's own metrics: one list of names (names.ts), one object per thread to write them, one text to scrape. Each thread
// counts for itself in plain maps; the library that writes Prometheus' text is loaded when somebody scrapes, on the one
// thread that answers, since it costs every thread that loads it 6 MiB.

import { LATENCY_SECONDS, METRICS, type MetricDefinition, type MetricName } from './names.ts'

export type Labels = Readonly<Record<string, string | number>>

/** One thread's values of one metric, as prom-client's registries exchange them. */
export interface MetricValues {
  readonly name: string
  readonly help: string
  readonly type: MetricDefinition['type']
  readonly aggregator: 'sum'
  readonly values: readonly MetricValue[]
}

interface MetricValue {
  readonly value: number
  readonly labels: Labels
  /** For the parts of a histogram. */
  readonly metricName?: string
}

export type MetricsSnapshot = readonly MetricValues[]

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

interface Series {
  readonly labels: Labels
  /** A counter's or gauge's value; a histogram's sum. */
  value: number
  /** How many observations fell into each bucket, and in the end above all of them; empty where it is no histogram. */
  readonly counts: number[]
}

type Family = Map<string, Series>

export function createMetrics(): Metrics {
  const families = new Map<MetricName, Family>()
  const readers: (() => void)[] = []
  const find = (name: MetricName, labels: Labels, type: MetricDefinition['type'] | 'number'): Series => {
    const definition: MetricDefinition = METRICS[name]
    if (type === 'number' ? definition.type === 'histogram' : definition.type !== type) {
      throw new Error(`${name} is a ${definition.type}`)
    }
    let family = families.get(name)
    if (family === undefined) {
      family = new Map()
      families.set(name, family)
    }
    const key = seriesKey(name, definition, labels)
    let series = family.get(key)
    if (series === undefined) {
      const buckets = type === 'histogram' ? LATENCY_SECONDS.length + 1 : 0
      series = { labels: { ...labels }, value: 0, counts: Array.from({ length: buckets }, () => 0) }
      family.set(key, series)
    }
    return series
  }
  return {
    add(name, labels, value = 1): void {
      find(name, labels, 'number').value += value
    },
    set(name, labels, value): void {
      find(name, labels, 'gauge').value = value
    },
    observe(name, labels, value): void {
      const series = find(name, labels, 'histogram')
      series.value += value
      let bucket = 0
      while (bucket < LATENCY_SECONDS.length && value > (LATENCY_SECONDS[bucket] ?? 0)) bucket++
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1
    },
    onCollect(read): void {
      readers.push(read)
    },
    async snapshot(): Promise<MetricsSnapshot> {
      for (const read of readers) read()
      return await Promise.resolve([...families].map(([name, family]) => valuesOf(name, family)))
    },
  }
}

/** Throws where the labels are not those of the definition: a mistake in the program. */
function seriesKey(name: MetricName, { labels: names }: MetricDefinition, labels: Labels): string {
  let key = ''
  for (const label of names) {
    const value = labels[label]
    if (value === undefined) throw new Error(`${name} needs the label ${label}`)
    key += `${value}\u0000`
  }
  if (Object.keys(labels).length !== names.length) throw new Error(`${name} has no labels but ${names.join(', ')}`)
  return key
}

function valuesOf(name: MetricName, family: Family): MetricValues {
  const { help, type }: MetricDefinition = METRICS[name]
  const series = [...family.values()]
  const values = type === 'histogram' ? series.flatMap((one) => histogramValues(name, one)) : series.map(plainValue)
  return { name, help, type, aggregator: 'sum', values }
}

function plainValue({ labels, value }: Series): MetricValue {
  return { value, labels: { ...labels } }
}

/** Buckets are cumulative in Prometheus: each counts all observations up to its bound. */
function histogramValues(name: MetricName, { labels, value, counts }: Series): MetricValue[] {
  let total = 0
  const buckets = counts.map((count, i): MetricValue => {
    total += count
    return { value: total, metricName: `${name}_bucket`, labels: { le: LATENCY_SECONDS[i] ?? '+Inf', ...labels } }
  })
  return [
    ...buckets,
    { value, metricName: `${name}_sum`, labels: { ...labels } },
    { value: total, metricName: `${name}_count`, labels: { ...labels } },
  ]
}

/** Joins the snapshots of all threads into the text that Prometheus scrapes (counters and gauges add up). */
export async function renderMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  const { AggregatorRegistry } = await import('prom-client')
  return await AggregatorRegistry.aggregate(snapshots.map((snapshot) => [...snapshot])).metrics()
}
