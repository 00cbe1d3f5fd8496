// What a plugin says about its configuration: one strict schema whose every option has a name, a default, a help text and
// Jaeger's names for it. Flags, environment, files, help and documents all come from these lists and nothing else.

import type { z } from 'zod'

export interface Option<T = unknown> {
  /** The flag without dashes, also the key in a file: `otlp.grpc.host-port`. */
  readonly name: string
  /** Has a default and refuses what it does not know. */
  readonly schema: z.ZodType<T>
  readonly help: string
  /** Jaeger's flags for the same thing: `collector.otlp.grpc.host-port`. */
  readonly aliases: readonly string[]
  /** Environment variables beside the one made of the name (SPAN_STORAGE_TYPE). */
  readonly env: readonly string[]
}

/** A heading and the options under it; `C` is the configuration object that they make, property by property. */
export interface Section<C> {
  /** Heading in help and documents. */
  readonly title: string
  readonly options: { readonly [K in keyof C]: Option<C[K]> }
}

export interface OptionNames {
  readonly aliases?: readonly string[]
  readonly env?: readonly string[]
}

export function option<T>(name: string, schema: z.ZodType<T>, help: string, names: OptionNames = {}): Option<T> {
  return { name, schema, help, aliases: names.aliases ?? [], env: names.env ?? [] }
}
