// Rule: a package declares every npm package that its sources import. Workspaces hoist, so that an undeclared one works
// here and fails for whoever installs the package alone.

import { builtinModules } from 'node:module'
import type { Source } from '../source.ts'
import { isTest, type Tree, type Violation } from '../tree.ts'
import { packageFolders, packageOf } from './rooms-rule.ts'

interface Manifest {
  readonly name?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

function manifestAt(tree: Tree, folder: string): Manifest {
  return JSON.parse(tree.get(folder === '' ? 'package.json' : `${folder}/package.json`) ?? '{}') as Manifest
}

export function checkDependencies(tree: Tree, sources: readonly Source[]): readonly Violation[] {
  const root = manifestAt(tree, '')
  // Benchmarks and scripts belong to the workspace, whose packages are always there.
  const workspace = [...packageFolders(tree).keys()]
  const violations: Violation[] = []
  for (const source of sources) {
    const folder = /^(packages|tools)\/[^/]+/.exec(source.file)?.[0] ?? ''
    const own = manifestAt(tree, folder)
    // What runs only in a checkout may also use what is there for development.
    const shipped = source.file.startsWith(`${folder}/src/`) && !isTest(source.file)
    const known = new Set([
      ...Object.keys({ ...own.dependencies, ...own.optionalDependencies }),
      ...(shipped ? [] : Object.keys({ ...own.devDependencies, ...root.devDependencies })),
      ...(own.name === undefined ? [] : [own.name]),
      ...(folder === '' ? workspace : []),
    ])
    for (const { specifier, line } of source.imports) {
      if (specifier.startsWith('.') || specifier.startsWith('node:') || builtinModules.includes(specifier)) continue
      const name = packageOf(specifier)
      if (known.has(name)) continue
      const message = `${name} is not in the ${shipped ? 'dependencies' : 'dependencies or devDependencies'} of ${folder || '.'}/package.json`
      violations.push({ file: source.file, line, rule: 'dependencies', message })
    }
  }
  return violations
}
