// docs/compatibility.md, made from the list of differences so that it cannot disagree with the tests. Run as a program, it
// prints the page (`npm run docs`).

import { SECTIONS } from './differences.ts'
import type { Entry } from './differences/difference.ts'
import { VERSIONS } from './recordings.ts'

const INTRODUCTION = `# Compatibility with Jaeger

Made by \`npm run docs\` from \`packages/server/test/golden/differences.ts\`: edit that list, not this file.

What real Jaegers (1.17, 1.57, 1.76 and 2.13, all-in-one with the memory store) answered was recorded, and is compared with
what Spoor answers: the same requests go into the same ports (4317, 4318, 14268, 6831, 6832, 5778), the same questions are
asked of the query port, and every field of every answer is held against the recorded one. **Jaeger 1.57 is the reference**:
where versions differ among themselves, Spoor does as 1.57 does. The tables say where Spoor does not do so, and where other
versions differ from it. What is not in them is the same: a difference that is not listed fails a test, and so does a line
that is no longer true.

Without meaning, as Jaeger's own order changes from one request to the next, are the order of spans in a trace, of services
and operations in lists, and the numbers of processes (\`p1\`, \`p2\`). For versions other than 1.57, tags are compared by their
keys and not by their order, as each version sorts them in its own way.

How to move is another page: [from Jaeger to Spoor](from-jaeger.md).
`

const HEADING = ['| What | Jaeger | Version | Spoor | Why |', '|---|---|---|---|---|']

export function compatibilityMarkdown(): string {
  const parts = SECTIONS.map(([title, entries]) =>
    ['', `## ${title}`, '', ...HEADING, ...entries.map(row), ''].join('\n'),
  )
  return INTRODUCTION + parts.join('')
}

function row({ where, jaeger, versions, spoor, reason }: Entry): string {
  const which = versions.length === VERSIONS.length ? 'all' : versions.join(', ')
  return `| ${[where, jaeger, which, spoor, reason].map(cell).join(' | ')} |`
}

function cell(text: string): string {
  return text.replaceAll(/[\\|<>*_]/g, (character) => `\\${character}`)
}

if (process.argv[1] === import.meta.filename) process.stdout.write(compatibilityMarkdown())
