// Values back as text: a configuration as a file that loads to the same configuration, and single values for help and
// documents. Never writes the value of a secret.

import { z } from 'zod'
import type { NamedOption } from './names.ts'
import { originText, type Origin } from './sources.ts'
import type { LoadedConfig, Setting } from './load.ts'
import type { Sections } from './section.ts'

/** YAML with dotted keys under the titles of their sections and every value's origin behind it. Secrets are comments. */
export async function configYaml<S extends Sections>(sections: S, { settings }: LoadedConfig<S>): Promise<string> {
  const { Document, isSeq } = await import('yaml')
  const write = (name: string, value: unknown): string => {
    const document = new Document({ [name]: value })
    const node = document.get(name)
    if (isSeq(node)) node.flow = true
    return document.toString({ blockQuote: false, lineWidth: 0, doubleQuotedMinMultiLineLength: Infinity }).trimEnd()
  }
  const blocks: string[] = []
  for (const [key, { title }] of Object.entries(sections)) {
    const lines = settings.filter(({ named }) => named.section === key).map((setting) => settingLine(setting, write))
    blocks.push([`# ${title}`, ...lines, ''].join('\n'))
  }
  return blocks.join('\n')
}

function settingLine(
  { named: { option }, value, origin }: Setting,
  write: (name: string, value: unknown) => string,
): string {
  const comment = originComment(origin)
  if (option.secret) return `# ${option.name}: ******** (secret) # ${comment}`
  return `${write(option.name, z.encode(option.schema, value))} # ${comment}`
}

function originComment(origin: Origin): string {
  // oxlint-disable-next-line no-control-regex -- a path may hold line breaks, a comment may not
  return originText(origin).replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?')
}

/** The default as one would write it on a command line; empty where it is empty text or an empty list. */
export function defaultText({ option }: NamedOption): string {
  const written: unknown = z.encode(option.schema, option.schema.parse(undefined))
  return Array.isArray(written) ? written.map(String).join(',') : String(written)
}
