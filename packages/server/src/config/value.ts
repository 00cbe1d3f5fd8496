// How one option's value is read and written: from the text of a flag or variable, or the native types of YAML and JSON,
// and back as a file would hold it. Refuses everything else in one sentence. Not a schema library: an option is a single
// value, every kind of which is read by hand anyway (values.ts), and a library for it costs a third of the start-up time
// and 20 MiB (docs/adr/0003).

export interface ValueInfo {
  /** Placeholder in help: `HOST:PORT`. */
  readonly kind: string
  /** `boolean`: the flag may stand alone; `list`: the flag may repeat. */
  readonly shape: 'single' | 'boolean' | 'list'
  /** For lists: how the text of one flag or variable falls into items. */
  readonly split?: (text: string) => readonly string[]
}

export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string }

export interface ValueKind<T> extends ValueInfo {
  /** Completes "expected …". */
  readonly expected: string
  /** Undefined where `raw` is no such value. */
  readonly read: (raw: unknown) => T | undefined
  /** The value as text or native type that `read` takes back. */
  readonly write: (value: T) => unknown
  /** A better sentence than "expected …" for some of what is refused. */
  readonly refusal?: ((raw: unknown) => string | undefined) | undefined
}

/** Immutable: prefault, refine and overwrite give another Value. */
export interface Value<T> {
  readonly info: ValueInfo
  /** `undefined` reads the default. */
  read(raw: unknown): Reading<T>
  /** As read(), but throws a plain Error with the refusal. */
  parse(raw: unknown): T
  /** The default; throws where there is none: a mistake in the program. */
  preset(): T
  write(value: T): unknown
  /** With a default, as a person would write it: `goDuration().prefault('1m30s')`. */
  prefault(preset: unknown): Value<T>
  /** Refuses with `message` what does not pass. */
  refine(passes: (value: T) => boolean, message: string): Value<T>
  /** Puts another value in the place of some. */
  overwrite(replace: (value: T) => T): Value<T>
}

export function valueOf<T>({ expected, read, write, refusal, ...info }: ValueKind<T>): Value<T> {
  const reading = (raw: unknown): Reading<T> => {
    const value = read(raw)
    if (value !== undefined) return { ok: true, value }
    return { ok: false, message: refusal?.(raw) ?? `expected ${expected}` }
  }
  return build({ info, read: reading, write, preset: undefined })
}

interface Parts<T> {
  readonly info: ValueInfo
  readonly read: (raw: unknown) => Reading<T>
  readonly write: (value: T) => unknown
  readonly preset: unknown
}

function build<T>(parts: Parts<T>): Value<T> {
  const read = (raw: unknown): Reading<T> => parts.read(raw === undefined ? parts.preset : raw)
  const parse = (raw: unknown): T => {
    const reading = read(raw)
    if (reading.ok) return reading.value
    throw new Error(reading.message)
  }
  const then = (next: (value: T) => Reading<T>): Value<T> =>
    build({
      ...parts,
      read: (raw) => {
        const reading = parts.read(raw)
        return reading.ok ? next(reading.value) : reading
      },
    })
  return {
    info: parts.info,
    read,
    parse,
    preset: () => parse(undefined),
    write: parts.write,
    prefault: (preset) => build({ ...parts, preset }),
    refine: (passes, message) => then((value) => (passes(value) ? { ok: true, value } : { ok: false, message })),
    overwrite: (replace) => then((value) => ({ ok: true, value: replace(value) })),
  }
}
