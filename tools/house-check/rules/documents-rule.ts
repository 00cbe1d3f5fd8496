// Rules on documents: links inside the repository lead somewhere, and every promise of docs/guarantees.md names a test that
// exists. Must not fetch anything.

import { posix } from 'node:path'
import type { Source } from '../source.ts'
import { pathsOf, type Tree, type Violation } from '../tree.ts'

const GUARANTEES = 'docs/guarantees.md'

export function checkDocuments(tree: Tree, sources: readonly Source[]): readonly Violation[] {
  const paths = pathsOf(tree)
  const violations: Violation[] = []
  for (const [file, text] of tree) {
    if (!file.endsWith('.md')) continue
    for (const { line, target } of linksOf(text)) {
      const message = deadLink(tree, paths, file, target)
      if (message !== undefined) violations.push({ file, line, rule: 'links', message })
    }
  }
  return [...violations, ...checkGuarantees(tree, sources)]
}

/** Lines outside of code fences, with code spans taken out; the numbers stay. */
function proseLines(text: string): string[] {
  let fenced = false
  return text.split('\n').map((line) => {
    if (/^\s*(```|~~~)/.test(line)) {
      fenced = !fenced
      return ''
    }
    return fenced ? '' : line.replace(/`[^`]*`/g, '')
  })
}

function linksOf(text: string): { line: number; target: string }[] {
  return proseLines(text).flatMap((content, index) =>
    [...content.matchAll(/\]\(<?([^()\s>]+)>?(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s+<?([^\s>]+)>?/g)].map((match) => ({
      line: index + 1,
      target: match[1] ?? match[2] ?? '',
    })),
  )
}

function deadLink(tree: Tree, paths: ReadonlySet<string>, file: string, target: string): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined
  const [path = '', anchor] = target.split('#')
  const full = path === '' ? file : posix.join(posix.dirname(file), decodeURIComponent(path)).replace(/\/$/, '')
  if (full.startsWith('/') || full.startsWith('..')) return `${target} leads out of the repository`
  if (full !== '.' && !paths.has(full)) return `${target} leads nowhere: there is no ${full}`
  if (anchor !== undefined && full.endsWith('.md') && !anchorsOf(tree.get(full) ?? '').has(anchor)) {
    return `${target} leads nowhere: ${full} has no heading #${anchor}`
  }
  return undefined
}

/** The names that GitHub gives to headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  let fenced = false
  for (const line of text.split('\n')) {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced
    const heading = fenced ? undefined : /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1]
    if (heading === undefined) continue
    const name = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
    let unique = name
    for (let again = 1; anchors.has(unique); again += 1) unique = `${name}-${again}`
    anchors.add(unique)
  }
  return anchors
}

/** The table has the columns promise, test file and test title; a title may be `suite > test`. */
function checkGuarantees(tree: Tree, sources: readonly Source[]): Violation[] {
  const text = tree.get(GUARANTEES)
  const fail = (line: number, message: string): Violation => ({ file: GUARANTEES, line, rule: 'guarantees', message })
  if (text === undefined) return [fail(1, 'the list of promises is missing')]
  const violations: Violation[] = []
  let rows = 0
  for (const [index, content] of text.split('\n').entries()) {
    if (!content.trim().startsWith('|') || /^[\s|:-]+$/.test(content)) continue
    const [promise = '', file = '', title = ''] = cellsOf(content)
    if (promise.toLowerCase() === 'promise') continue
    rows += 1
    const message = brokenPromise(sources, file, title)
    if (message !== undefined) violations.push(fail(index + 1, message))
  }
  if (rows === 0) violations.push(fail(1, 'has no promise: a table with the columns promise | test file | test title'))
  return violations
}

function cellsOf(row: string): string[] {
  return row
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))
    .map((cell) => /^`(.*)`$/.exec(cell)?.[1] ?? /^\[`?(.*?)`?\]\(.*\)$/.exec(cell)?.[1] ?? cell)
}

function brokenPromise(sources: readonly Source[], file: string, title: string): string | undefined {
  const source = sources.find((candidate) => candidate.file === file)
  if (source === undefined) return `names ${file || 'no test file'}, which does not exist`
  if (title === '') return 'names no test title'
  const known = [title, ...title.split(' > ')]
  const missing = source.testTitles.includes(title) ? undefined : known.slice(1).find((part) => !hasTitle(source, part))
  return missing === undefined ? undefined : `${file} has no test "${missing}"`
}

function hasTitle(source: Source, title: string): boolean {
  return source.testTitles.some((written) => {
    const parts = written.split('${}').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.*')}$`).test(title)
  })
}
