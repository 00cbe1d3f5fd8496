// What a plugin says about its configuration: one strict schema whose every option has a name, a default, a help text and
// Jaeger's names for it. Flags, environment, files, help and documents all come from these lists and nothing else.

import type { Value } from './value.ts'

export interface Option<T = unknown> {
  /** The flag without dashes, also the key in a file: `otlp.grpc.host-port`. */
  readonly name: string
  /** Has a default and refuses what it does not know; made with values.ts, so that it reads text too. */
  readonly schema: Value<T>
  readonly help: string
  /** Jaeger's flags for the same thing: `collector.otlp.grpc.host-port`. */
  readonly aliases: readonly string[]
  /** Environment variables beside the ones made of the names. */
  readonly env: readonly string[]
  /** A password or token: its value is never printed. */
  readonly secret: boolean
}

/** A heading and the options under it; `C` is the configuration object that they make, property by property. */
export interface Section<C> {
  /** Heading in help and documents. */
  readonly title: string
  readonly options: { readonly [K in keyof C]: Option<C[K]> }
  /** True where the configuration switches the plugin off: then no thread loads it. Absent: it is always on. */
  off?(config: { readonly [K in keyof C]: unknown }): boolean
}

/** A section of any configuration, for code that treats all alike. */
export type AnySection = Section<Readonly<Record<string, unknown>>>

/** All sections of a role, by the property under which their configuration is found. */
export type Sections = Readonly<Record<string, AnySection>>

/** What loadConfig makes of sections: `{ log: { level, encoding }, … }`. */
export type ConfigOf<S extends Sections> = {
  readonly [K in keyof S]: {
    readonly [P in keyof S[K]['options']]: S[K]['options'][P] extends Option<infer T> ? T : never
  }
}

export interface OptionNames {
  readonly aliases?: readonly string[]
  readonly env?: readonly string[]
  readonly secret?: boolean
}

export function option<T>(name: string, schema: Value<T>, help: string, names: OptionNames = {}): Option<T> {
  const { aliases = [], env = [], secret = false } = names
  return { name, schema, help, aliases, env, secret }
}
