// Rule: package-lock.json says what our package.json files say, and has an entry for every optional package that its
// packages ask for, made for this machine or not. Else `npm ci` refuses the lock, and nobody with a fresh checkout can start.

import { lineAt, type Tree, type Violation } from '../tree.ts'

const LOCK = 'package-lock.json'

const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies'] as const

type Manifest = Partial<Readonly<Record<(typeof KINDS)[number], Readonly<Record<string, string>>>>>

interface Lock {
  readonly packages: Readonly<Record<string, Manifest>>
}

export function checkLock(tree: Tree): readonly Violation[] {
  const text = tree.get(LOCK)
  if (text === undefined) return []
  const { packages } = JSON.parse(text) as Lock
  const violations: Violation[] = []
  const fail = (path: string, message: string): void => {
    violations.push({ file: LOCK, line: lineAt(text, text.indexOf(`"${path}": {`)), rule: 'lock', message })
  }
  for (const [path, entry] of Object.entries(packages)) {
    const own = tree.get(path === '' ? 'package.json' : `${path}/package.json`)
    if (own !== undefined && !isSame(entry, JSON.parse(own) as Manifest)) {
      fail(path, `differs from ${path || '.'}/package.json: run \`npm install --package-lock-only\``)
    }
    const missing = Object.keys(entry.optionalDependencies ?? {}).filter((name) => !isReachable(packages, path, name))
    if (missing.length === 0) continue
    fail(path, `${path || 'the workspace'} asks for ${missing.join(', ')}, which the lock lacks: run \`npm run lock\``)
  }
  return violations
}

function isSame(locked: Manifest, written: Manifest): boolean {
  return KINDS.every((kind) => {
    const [one, other] = [locked[kind] ?? {}, written[kind] ?? {}]
    const names = new Set([...Object.keys(one), ...Object.keys(other)])
    return [...names].every((name) => one[name] === other[name])
  })
}

/** Looks for node_modules/`name` in the folder of `path` and in every folder above it, as Node does. */
function isReachable(packages: Lock['packages'], path: string, name: string): boolean {
  const steps = path.split('/')
  return (
    steps.some((_step, index) =>
      Object.hasOwn(packages, `${steps.slice(0, index + 1).join('/')}/node_modules/${name}`),
    ) || Object.hasOwn(packages, `node_modules/${name}`)
  )
}
