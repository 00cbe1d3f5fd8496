// Values back as text: a configuration as a file that loads to the same configuration, and single values for help and
// documents. Never writes the value of a secret.

import type { NamedOption } from './names.ts'
import { originText } from './sources.ts'
import type { LoadedConfig, Setting } from './load.ts'
import type { Sections } from './section.ts'

/** YAML with dotted keys under the titles of their sections and every value's origin behind it. Secrets are comments. */
export function configYaml<S extends Sections>(sections: S, { settings }: LoadedConfig<S>): string {
  const blocks: string[] = []
  for (const [key, { title }] of Object.entries(sections)) {
    const lines = settings.filter(({ named }) => named.section === key).map(settingLine)
    if (lines.length > 0) blocks.push([`# ${title}`, ...lines, ''].join('\n'))
  }
  return blocks.join('\n')
}

function settingLine({ named: { option }, value, origin }: Setting): string {
  const comment = originText(origin).replaceAll(NOT_PRINTABLE, '?')
  if (option.secret) return `# ${option.name}: ******** (secret) # ${comment}`
  return `${option.name}: ${yamlValue(option.schema.write(value))} # ${comment}`
}

/** Control characters, line breaks and the byte order mark. */
const NOT_PRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g

/**
 * On one line. Text is quoted as in JSON, which YAML reads, unless it is clearly a word; the yaml library's own plain
 * style is not read back in every case (text with a line break and ? or - at its start).
 */
function yamlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlValue).join(', ')}]`
  if (typeof value !== 'string') return JSON.stringify(value)
  if (/^(?:[a-z]|\.{0,2}\/)[\w./-]*$/i.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value))
    return value
  return JSON.stringify(value).replaceAll(NOT_PRINTABLE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** The default as one would write it on a command line; empty where it is empty text or an empty list. */
export function defaultText({ option }: NamedOption): string {
  const written: unknown = option.schema.write(option.schema.preset())
  return Array.isArray(written) ? written.map(String).join(',') : String(written)
}
