// `npm run house-check [folder]`: prints what breaks the rules of the house, one line each, and ends with 1 if any does.

import { fileURLToPath } from 'node:url'
import { checkTree } from './check.ts'
import { readTree } from './tree.ts'

const root = process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url))
const tree = readTree(root)
const violations = checkTree(tree)
for (const { file, line, rule, message } of violations) console.log(`${file}:${line} ${rule}: ${message}`)
if (violations.length > 0) {
  console.log(`${violations.length} violations of the rules of the house`)
  process.exitCode = 1
} else if (![...tree.keys()].some((file) => file.startsWith('packages/'))) {
  console.log(`found no packages in ${root}`)
  process.exitCode = 1
}
