// The one list of each kind of plugin, and the only file that names a concrete one. Code is loaded when a role uses it,
// and a plugin's configuration schema on the main thread only. Adding a plugin: its folder, and one entry here.

import { SpoorError } from '@spoor/core/base/errors'
import type { AnySection } from '../config/section.ts'
import type { DoorPlugin } from '../doors/api/door.ts'
import type { ReceiverPlugin } from '../receivers/api/receiver.ts'
import type { StoreFiles } from '../storage/api/files.ts'
import type { StoragePlugin } from '../storage/api/plugin.ts'

interface Entry<P> {
  /** Absent where there is nothing to configure. */
  readonly section?: () => Promise<AnySection>
  readonly load: () => Promise<P>
}

type Registry<P, E extends Entry<P> = Entry<P>> = Readonly<Record<string, E>>

interface ReceiverEntry extends Entry<ReceiverPlugin<unknown>> {
  /** Asks the `udp` thread for sockets; that thread runs only where such a receiver does. */
  readonly udp?: true
}

interface StoreEntry extends Entry<StoragePlugin<unknown>> {
  /** For tools that look into its folder; absent where it has none. */
  readonly files?: () => Promise<StoreFiles>
}

/** The default first. */
export const STORES: Registry<StoragePlugin<unknown>, StoreEntry> = {
  segments: {
    section: async () => (await import('../storage/segments/config.ts')).segmentsSection,
    load: async () => (await import('../storage/segments/index.ts')).segmentsStore,
    files: async () => (await import('../storage/segments/files/index.ts')).segmentsFiles,
  },
  memory: {
    section: async () => (await import('../storage/memory/config.ts')).memorySection,
    load: async () => (await import('../storage/memory/index.ts')).memoryStore,
  },
}

export const RECEIVERS: Registry<ReceiverPlugin<unknown>, ReceiverEntry> = {
  'otlp-grpc': {
    section: async () => (await import('../receivers/otlp-grpc/config.ts')).otlpGrpcSection,
    load: async () => (await import('../receivers/otlp-grpc/index.ts')).otlpGrpc,
  },
  'otlp-http': {
    section: async () => (await import('../receivers/otlp-http/config.ts')).otlpHttpSection,
    load: async () => (await import('../receivers/otlp-http/index.ts')).otlpHttp,
  },
  'jaeger-compact': {
    section: async () => (await import('../receivers/jaeger-udp/config.ts')).jaegerCompactSection,
    load: async () => (await import('../receivers/jaeger-udp/index.ts')).jaegerCompact,
    udp: true,
  },
  'jaeger-binary': {
    section: async () => (await import('../receivers/jaeger-udp/config.ts')).jaegerBinarySection,
    load: async () => (await import('../receivers/jaeger-udp/index.ts')).jaegerBinary,
    udp: true,
  },
  'jaeger-http': {
    section: async () => (await import('../receivers/jaeger-http/config.ts')).jaegerHttpSection,
    load: async () => (await import('../receivers/jaeger-http/index.ts')).jaegerHttp,
  },
  'zipkin-http': {
    section: async () => (await import('../receivers/zipkin-http/config.ts')).zipkinHttpSection,
    load: async () => (await import('../receivers/zipkin-http/index.ts')).zipkinHttp,
  },
  'zipkin-compact': {
    section: async () => (await import('../receivers/zipkin-compact/config.ts')).zipkinCompactSection,
    load: async () => (await import('../receivers/zipkin-compact/index.ts')).zipkinCompact,
    udp: true,
  },
  'sampling-http': {
    section: async () => (await import('../receivers/sampling-http/config.ts')).samplingHttpSection,
    load: async () => (await import('../receivers/sampling-http/index.ts')).samplingHttp,
  },
}

/** Doors on the query port, in the order in which they take a request. */
export const DOORS: Registry<DoorPlugin<unknown>> = {
  'jaeger-v1': {
    load: async () => (await import('../doors/jaeger-v1/index.ts')).jaegerV1,
  },
  'spoor-v1': {
    load: async () => (await import('../doors/spoor-v1/index.ts')).spoorV1,
  },
  ui: {
    section: async () => (await import('../doors/ui/config.ts')).uiSection,
    load: async () => (await import('../doors/ui/index.ts')).uiDoor,
  },
}

export async function load<P>(registry: Registry<P>, kind: string, name: string): Promise<P> {
  const entry = registry[name]
  if (entry === undefined) {
    const known = Object.keys(registry).join(', ')
    throw new SpoorError('unsupported', 'unknown_plugin', `there is no ${kind} ${name}; there are: ${known}`)
  }
  return await entry.load()
}

/** The sections of all plugins of a registry that have one, by name. */
export async function sectionsOf<P>(registry: Registry<P>): Promise<Record<string, AnySection>> {
  const sections: Record<string, AnySection> = {}
  for (const [name, entry] of Object.entries(registry)) {
    if (entry.section !== undefined) sections[name] = await entry.section()
  }
  return sections
}
