// What `npm test` runs: the checks of the house, then every vitest test, and last one line alone: `N passed, N failed`.
// A check counts as one; so does a tool that crashes. Arguments go to vitest: `npm test -- packages/core`.
// Must never end with 0 when anything failed, and must never leave a skipped test without its reason on screen.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')
const onWindows = process.platform === 'win32'
const total = { passed: 0, failed: 0 }

/** @type {readonly (readonly [string, readonly string[]])[]} name of a check, its command */
const CHECKS = [
  ['house rules', ['node', 'tools/house-check/main.ts']],
  ['types', ['tsc', '-b']],
  ['lint', ['oxlint']],
  ['format', ['oxfmt', '--list-different']],
  ['unused code', ['knip']],
]

/** Nothing here takes a third of this; whatever hangs is killed, and counts as failed. */
const DEADLINE_MS = 30 * 60 * 1000

/**
 * Runs a command with the checkout's own tools first on PATH; true when it ends with 0.
 * @param {readonly string[]} command
 * @param {Record<string, string>} [extraEnv]
 */
function run([name, ...args], extraEnv) {
  const env = { ...process.env, ...extraEnv, PATH: `${bin}${delimiter}${process.env.PATH}` }
  const done = spawnSync(name, args, {
    cwd: root,
    env,
    stdio: 'inherit',
    shell: onWindows,
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  })
  if (done.error) console.error(`${name}: ${done.error.message}`)
  return done.status === 0
}

/** @param {string} name @param {readonly string[]} command */
function check(name, command) {
  const started = performance.now()
  const fine = run(command)
  total[fine ? 'passed' : 'failed'] += 1
  console.log(`${fine ? 'ok    ' : 'FAILED'} ${name}, ${seconds(started)}`)
}

/** @param {readonly string[]} filters */
function tests(filters) {
  const started = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'spoor-test-'))
  const file = join(folder, 'tally.json')
  const fine = run(['vitest', 'run', '--reporter=default', '--reporter=./scripts/vitest-tally.mjs', ...filters], {
    SPOOR_TALLY: file,
  })
  /** @type {import('./vitest-tally.mjs').Tally} */
  const tally = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0, skipped: [] }
  rmSync(folder, { recursive: true })
  total.passed += tally.passed
  total.failed += tally.failed
  // With a name pattern vitest calls every other test skipped.
  const chosen = filters.some((filter) => filter === '-t' || filter.startsWith('--testNamePattern'))
  for (const { name, reason } of chosen ? [] : tally.skipped) {
    console.log(`skipped: ${name}: ${reason === '' ? 'NO REASON GIVEN, counts as failed' : reason}`)
    if (reason === '') total.failed += 1
  }
  if (tally.passed + tally.failed === 0 || (!fine && tally.failed === 0)) {
    console.log(tally.passed === 0 ? 'FAILED no test ran' : 'FAILED vitest ended with an error')
    total.failed += 1
  }
  console.log(`${fine ? 'ok    ' : 'FAILED'} tests, ${seconds(started)}`)
}

/** @param {number} since */
function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}

for (const [name, command] of CHECKS) check(name, command)
tests(process.argv.slice(2))
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1
