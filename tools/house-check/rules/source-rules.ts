// Rules on single source files: length, the opening comment, no barrel files, no `any`, no swallowed errors, no notes to
// do something later, no default exports, no module-level variables that change.

import { DEFAULT_EXPORTS, LONG_FILES, MAX_FILE_LINES, MAX_FUNCTION_LINES, MAX_TEST_FILE_LINES } from '../rooms.ts'
import type { Source } from '../source.ts'
import { isTest, type Tree, type Violation } from '../tree.ts'

type Finding = readonly [line: number, rule: string, message: string]

const LATER = /\b(TODO|FIXME|XXX|HACK)\b/

export function checkSources(_tree: Tree, sources: readonly Source[]): readonly Violation[] {
  const violations: Violation[] = []
  for (const source of sources) {
    for (const [line, rule, message] of [...lengths(source), ...shape(source), ...contents(source)]) {
      violations.push({ file: source.file, line, rule, message })
    }
  }
  return [...violations, ...staleExcuses(sources)]
}

function lengths(source: Source): Finding[] {
  const findings: Finding[] = []
  const limit = isTest(source.file) ? MAX_TEST_FILE_LINES : MAX_FILE_LINES
  if (source.lines > limit && !Object.hasOwn(LONG_FILES, source.file)) {
    findings.push([1, 'file-length', `${source.lines} lines, at most ${limit}: split it by what changes together`])
  }
  if (isTest(source.file)) return findings
  for (const { line, name, lines } of source.functions) {
    if (lines <= MAX_FUNCTION_LINES) continue
    findings.push([
      line,
      'function-length',
      `${name} has ${lines} lines, at most ${MAX_FUNCTION_LINES}: give its parts names`,
    ])
  }
  return findings
}

function shape(source: Source): Finding[] {
  const findings: Finding[] = source.syntaxErrors.map(({ line, what }) => [line, 'syntax', what])
  if (!source.opensWithComment) {
    findings.push([1, 'opening-comment', 'say first what this file is, why it exists and what it must never do'])
  }
  if (source.onlyReexports) {
    findings.push([1, 'barrel', 'only hands on what others export: import from the files themselves and delete it'])
  }
  if (!DEFAULT_EXPORTS.some((allowed) => allowed.test(source.file))) {
    for (const { line } of source.defaultExports) findings.push([line, 'default-export', 'export it by its name'])
  }
  if (!isTest(source.file) && source.file.startsWith('packages/')) {
    for (const { line, what } of source.globals) {
      findings.push([
        line,
        'global',
        `${what} changes at module level: make it part of an object that somebody creates`,
      ])
    }
  }
  return findings
}

function contents(source: Source): Finding[] {
  const findings: Finding[] = []
  for (const { line } of source.anys) findings.push([line, 'any', 'use the real type, or unknown and narrow it'])
  for (const { line, what } of source.emptyCatches) {
    findings.push([line, 'empty-catch', `${what} swallows the error: handle it, count it or hand it on`])
  }
  for (const { line, text } of source.comments) {
    const word = LATER.exec(text)?.[0]
    if (word !== undefined) findings.push([line, 'later', `${word}: do it now or open an issue`])
  }
  return findings
}

function staleExcuses(sources: readonly Source[]): Violation[] {
  const long = new Set(sources.filter((source) => source.lines > MAX_FILE_LINES).map((source) => source.file))
  return Object.keys(LONG_FILES)
    .filter((file) => !long.has(file))
    .map((file) => ({
      file,
      line: 1,
      rule: 'file-length',
      message: 'needs no excuse any more: take it out of LONG_FILES',
    }))
}
