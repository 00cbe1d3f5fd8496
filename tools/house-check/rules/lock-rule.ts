// Rule: package-lock.json has an entry for every optional package that its packages ask for, made for this machine or not.
// Where one is missing `npm ci` refuses the lock, so that nobody with a fresh checkout can start.

import { lineAt, type Tree, type Violation } from '../tree.ts'

const LOCK = 'package-lock.json'

interface Lock {
  readonly packages: Readonly<Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>>
}

export function checkLock(tree: Tree): readonly Violation[] {
  const text = tree.get(LOCK)
  if (text === undefined) return []
  const { packages } = JSON.parse(text) as Lock
  const violations: Violation[] = []
  for (const [path, entry] of Object.entries(packages)) {
    const missing = Object.keys(entry.optionalDependencies ?? {}).filter((name) => !isReachable(packages, path, name))
    if (missing.length === 0) continue
    const message = `${path || 'the workspace'} asks for ${missing.join(', ')}, which the lock lacks: run \`npm run lock\``
    violations.push({ file: LOCK, line: lineAt(text, text.indexOf(`"${path}": {`)), rule: 'lock', message })
  }
  return violations
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
