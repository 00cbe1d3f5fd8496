// What our tests use of jaeger-client for Node.js, which has no types of its own.

declare module 'jaeger-client' {
  import type { Tracer } from 'opentracing'

  interface SamplerConfig {
    readonly type: 'remote' | 'const'
    readonly param: number
    readonly hostPort?: string
    readonly refreshIntervalMs?: number
  }

  interface JaegerConfig {
    readonly serviceName: string
    readonly sampler: SamplerConfig
    readonly reporter: { readonly collectorEndpoint: string; readonly flushIntervalMs?: number }
  }

  interface JaegerOptions {
    readonly tags?: Readonly<Record<string, string>>
    readonly logger: { info(message: string): void; error(message: string): void }
  }

  export function initTracer(config: JaegerConfig, options: JaegerOptions): Tracer & { close(done: () => void): void }
}
