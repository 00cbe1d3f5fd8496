// What the rules want to know of one source file, found in its syntax tree in one walk. Exists so that the parser is known
// here only. Must not judge.

import { parseSync, Visitor, type Node, type ParseResult } from 'oxc-parser'
import { lineAt, type Tree } from './tree.ts'

export interface Import {
  readonly specifier: string
  readonly line: number
}

/** A place of which a rule wants only the line. */
export interface Place {
  readonly line: number
  readonly what: string
}

export interface Source {
  readonly file: string
  readonly text: string
  readonly lines: number
  /** import, export from, import(), import types and `new URL('./x.ts', import.meta.url)`. */
  readonly imports: readonly Import[]
  readonly functions: readonly { readonly line: number; readonly name: string; readonly lines: number }[]
  readonly comments: readonly { readonly line: number; readonly text: string }[]
  readonly anys: readonly Place[]
  /** Caught errors of which nothing is made. */
  readonly emptyCatches: readonly Place[]
  readonly defaultExports: readonly Place[]
  /** Module-level variables that can change. */
  readonly globals: readonly Place[]
  /** Titles of tests and suites, and names of a contract kit's laws, as written; a template's holes are `${}`. */
  readonly testTitles: readonly string[]
  readonly onlyReexports: boolean
  readonly opensWithComment: boolean
  readonly syntaxErrors: readonly Place[]
}

const SOURCE = /^(packages|tools|bench|scripts)\/.*\.(ts|tsx|mjs)$/

export function sourcesOf(tree: Tree): readonly Source[] {
  return [...tree].filter(([file]) => SOURCE.test(file)).map(([file, text]) => readSource(file, text))
}

export function readSource(file: string, text: string): Source {
  const parsed = parseSync(file, text)
  const found = new Finds(text, KITS.test(file))
  new Visitor(found.handlers()).visit(parsed.program)
  const body = text.replace(/^#!.*\n/, '').trimStart()
  return {
    file,
    text,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    imports: [...moduleImports(parsed, text), ...found.imports],
    functions: found.functions,
    comments: parsed.comments.map((comment) => ({ line: lineAt(text, comment.start), text: comment.value })),
    anys: found.anys,
    emptyCatches: found.emptyCatches,
    defaultExports: defaultExports(parsed, text),
    globals: moduleGlobals(parsed, text),
    testTitles: found.testTitles,
    onlyReexports: onlyReexports(parsed),
    opensWithComment: body.startsWith('//') || body.startsWith('/*'),
    syntaxErrors: parsed.errors.map((error) => ({
      line: lineAt(text, error.labels[0]?.start ?? 0),
      what: error.message,
    })),
  }
}

function moduleImports({ program }: ParseResult, text: string): Import[] {
  return program.body.flatMap((statement) =>
    'source' in statement && statement.source
      ? [{ specifier: statement.source.value, line: lineAt(text, statement.start) }]
      : [],
  )
}

function defaultExports({ program }: ParseResult, text: string): Place[] {
  return program.body
    .filter((statement) => statement.type === 'ExportDefaultDeclaration' || statement.type === 'TSExportAssignment')
    .map((statement) => ({ line: lineAt(text, statement.start), what: 'default export' }))
}

const CHANGEABLE = new Set(['Map', 'Set', 'WeakMap', 'WeakSet'])

function moduleGlobals({ program }: ParseResult, text: string): Place[] {
  const places: Place[] = []
  for (const statement of program.body) {
    const inner = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (inner?.type !== 'VariableDeclaration' || inner.declare === true) continue
    for (const { id, init } of inner.declarations) {
      const empty =
        init?.type === 'NewExpression' &&
        init.callee.type === 'Identifier' &&
        CHANGEABLE.has(init.callee.name) &&
        init.arguments.length === 0
      if (inner.kind !== 'const' || empty) {
        places.push({ line: lineAt(text, inner.start), what: id.type === 'Identifier' ? id.name : inner.kind })
      }
    }
  }
  return places
}

/** True for a file that does nothing but hand on what others export. */
function onlyReexports({ program }: ParseResult): boolean {
  let handsOn = false
  for (const statement of program.body) {
    if (statement.type === 'ImportDeclaration') continue
    if (statement.type === 'ExportAllDeclaration') handsOn = true
    else if (statement.type === 'ExportNamedDeclaration' && !statement.declaration && statement.specifiers.length > 0) {
      handsOn = true
    } else return false
  }
  return handsOn
}

/** Folders of the kits whose tests are laws: objects with a `name` and what to `run`. */
const KITS = /^packages\/testkit\/src\//
const TEST_CALLS = new Set(['test', 'it', 'describe', 'suite', 'bench'])

/** Collects while the visitor walks. */
class Finds {
  readonly imports: Import[] = []
  readonly functions: { line: number; name: string; lines: number }[] = []
  readonly anys: Place[] = []
  readonly emptyCatches: Place[] = []
  readonly testTitles: string[] = []
  readonly #text: string
  readonly #hasLaws: boolean

  constructor(text: string, hasLaws: boolean) {
    this.#text = text
    this.#hasLaws = hasLaws
  }

  handlers(): ConstructorParameters<typeof Visitor>[0] {
    const addFunction = (node: Node & { id?: { name: string } | null }): void => this.#function(node)
    return {
      FunctionDeclaration: addFunction,
      FunctionExpression: addFunction,
      ArrowFunctionExpression: addFunction,
      TSAnyKeyword: (node) => this.anys.push({ line: this.#line(node), what: 'any' }),
      CatchClause: (node) => {
        if (node.body.body.length === 0) this.emptyCatches.push({ line: this.#line(node), what: 'catch' })
      },
      TSImportType: (node) => this.#import(node.source),
      ImportExpression: (node) => this.#import(node.source),
      NewExpression: (node) => {
        const [path, base] = node.arguments
        const isUrl = node.callee.type === 'Identifier' && node.callee.name === 'URL'
        if (isUrl && path && base && this.#slice(base) === 'import.meta.url') this.#import(path, /^\.{1,2}\/.*\.tsx?$/)
      },
      ObjectExpression: (node) => {
        if (this.#hasLaws) this.#law(node.properties)
      },
      CallExpression: (node) => {
        const [first] = node.arguments
        if (first && this.#isEmptyHandler(first) && this.#slice(node.callee).endsWith('.catch')) {
          this.emptyCatches.push({ line: this.#line(first), what: '.catch()' })
        }
        const name = /^\w+/.exec(this.#slice(node.callee))?.[0]
        if (first && name !== undefined && TEST_CALLS.has(name)) this.#title(first)
      },
    }
  }

  #line(node: Node): number {
    return lineAt(this.#text, node.start)
  }

  #slice(node: Node): string {
    return this.#text.slice(node.start, node.end)
  }

  #function(node: Node & { id?: { name: string } | null }): void {
    const line = this.#line(node)
    const before = /([\w$#]+)\s*[:=]?\s*(?:async\s*)?$/.exec(this.#text.slice(Math.max(0, node.start - 80), node.start))
    const name = node.id?.name ?? before?.[1] ?? 'function'
    this.functions.push({ line, name, lines: lineAt(this.#text, node.end) - line + 1 })
  }

  #import(node: Node, only = /./): void {
    if (node.type === 'Literal' && typeof node.value === 'string' && only.test(node.value)) {
      this.imports.push({ specifier: node.value, line: this.#line(node) })
    }
  }

  #isEmptyHandler(node: Node): boolean {
    if (node.type !== 'ArrowFunctionExpression' && node.type !== 'FunctionExpression') return false
    return node.body?.type === 'BlockStatement' && node.body.body.length === 0
  }

  #law(properties: readonly Node[]): void {
    const named = new Map<string, Node>()
    for (const property of properties) {
      if (property.type === 'Property' && property.key.type === 'Identifier')
        named.set(property.key.name, property.value)
    }
    const name = named.get('name')
    if (name !== undefined && named.has('run')) this.#title(name)
  }

  #title(node: Node): void {
    if (node.type === 'Literal' && typeof node.value === 'string') this.testTitles.push(node.value)
    else if (node.type === 'TemplateLiteral') {
      this.testTitles.push(node.quasis.map((quasi) => quasi.value.cooked ?? '').join('${}'))
    }
  }
}
