// What `npm run test:clients` runs: makes the programs of examples/ in Node, Go, Python and Java, then runs
// packages/server/test/clients with them against a real Spoor, and last one line alone: `N passed, N failed`. Plain
// JavaScript that Node 20 runs. Everything it fetches or makes lies in .cache/clients or in the example's own folder; what
// has not changed is not made again. A language that the machine lacks is skipped with the reason, and fails with CI=true.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const cache = join(root, '.cache', 'clients')
const onWindows = process.platform === 'win32'
const exe = onWindows ? '.exe' : ''
const python = onWindows ? 'python' : 'python3'
const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}` }
const total = { passed: 0, failed: 0 }

/**
 * @typedef {object} Client
 * @property {string} name its folder in examples/
 * @property {string[][]} needs commands that work where the language is there
 * @property {string[][]} make commands, run in the folder
 * @property {string[]} [madeOf] files that `make` depends on; absent: all of the folder
 * @property {Record<string, string>} [env]
 * @property {string} made exists once `make` has run
 * @property {string[]} command runs the program once
 */

/** @param {string} name @param {string} program @returns {Client} */
function nodeClient(name, program) {
  return {
    name,
    needs: [['npm', '--version']],
    make: [['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']],
    madeOf: ['package-lock.json'],
    made: join(root, 'examples', name, 'node_modules'),
    command: ['node', program, '--once'],
  }
}

/** @param {string} name @returns {Client} */
function goClient(name) {
  const made = join(cache, 'go', `${name}${exe}`)
  return {
    name,
    needs: [['go', 'version']],
    make: [['go', 'build', '-o', made, '.']],
    // Without -modcacherw a module cache is write-protected and cannot be removed with the folder.
    env: { GOMODCACHE: join(cache, 'go', 'mod'), GOFLAGS: `${process.env.GOFLAGS ?? ''} -modcacherw`.trim() },
    made,
    command: [made, '-once'],
  }
}

/** @param {string} name @param {string} program @returns {Client} */
function pythonClient(name, program) {
  const venv = join(cache, 'python', name)
  const made = join(venv, onWindows ? 'Scripts/python.exe' : 'bin/python')
  return {
    name,
    needs: [[python, '-c', 'import sys, venv; assert sys.version_info >= (3, 10), sys.version']],
    make: [
      [python, '-m', 'venv', '--clear', venv],
      [made, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'],
    ],
    madeOf: ['requirements.txt'],
    made,
    command: [made, '-B', program, '--once'],
  }
}

/** @param {string} name @param {string} main @returns {Client} */
function javaClient(name, main) {
  const local = `-Dmaven.repo.local=${join(cache, 'java')}`
  return {
    name,
    needs: [
      ['java', '-version'],
      ['mvn', '-version'],
    ],
    make: [['mvn', '--quiet', '--batch-mode', '-Dstyle.color=never', local, 'package']],
    made: join(root, 'examples', name, 'target/lib'),
    command: ['java', '-cp', ['target/classes', 'target/lib/*'].join(delimiter), main, '--once'],
  }
}

const CLIENTS = [
  nodeClient('opentelemetry-node', 'checkout.js'),
  goClient('opentelemetry-go'),
  pythonClient('opentelemetry-python', 'checkout.py'),
  javaClient('opentelemetry-java', 'example.Checkout'),
  goClient('go-opencensus'),
  nodeClient('jaeger-client-node', 'shop.js'),
  goClient('jaeger-client-go'),
  pythonClient('jaeger-client-python', 'shop.py'),
  javaClient('jaeger-client-java', 'example.Shop'),
]

/** @param {string[]} command @param {import('node:child_process').SpawnSyncOptions} options */
function run([name, ...args], options) {
  return spawnSync(name, args, { env, encoding: 'utf8', shell: onWindows && !name.endsWith('.exe'), ...options })
}

/** @param {string} folder @param {string[]} [names] */
function hashOf(folder, names) {
  const hash = createHash('sha256')
  const made = /(^|[\\/])(node_modules|target|__pycache__|\.venv)([\\/]|$)/
  const all = names ?? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !made.test(name))
  for (const name of all.toSorted()) {
    const file = join(folder, name)
    if (statSync(file).isFile()) hash.update(`${name}\n`).update(readFileSync(file))
  }
  return hash.digest('hex')
}

/**
 * The first thing missing, in words; undefined where all is there.
 * @param {Client} client
 */
function missingOf({ needs }) {
  for (const command of needs) {
    const tried = run(command, {})
    if (tried.error?.code === 'ENOENT') return `${command[0]} is not on this machine`
    if (tried.status !== 0) return `\`${command.join(' ')}\` ends with ${tried.status}: ${String(tried.stderr).trim()}`
  }
  return undefined
}

/**
 * What SPOOR_CLIENTS says of this client (packages/server/test/clients/programs.ts reads it).
 * @param {Client} client
 */
function prepare(client) {
  const { name, make, madeOf, made, command } = client
  const cwd = join(root, 'examples', name)
  const missing = missingOf(client)
  if (missing !== undefined) {
    const fails = process.env.CI === 'true'
    if (fails) total.failed += 1
    console.log(`${fails ? 'FAILED ' : 'skipped'} ${name}: ${missing}`)
    return { state: 'missing', reason: missing }
  }
  const stamp = join(cache, `${name}.stamp`)
  const hash = hashOf(cwd, madeOf)
  const fresh = existsSync(made) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash
  const started = performance.now()
  for (const step of fresh ? [] : make) {
    const done = run(step, { cwd, env: { ...env, ...client.env }, stdio: ['ignore', 'inherit', 'inherit'] })
    if (done.status === 0) continue
    total.failed += 1
    console.log(`FAILED  ${name}: \`${step.join(' ')}\` ${done.error?.message ?? `ended with ${done.status}`}`)
    return { state: 'missing', reason: 'the program could not be made' }
  }
  writeFileSync(stamp, hash)
  console.log(`ready   ${name}${fresh ? '' : `, made in ${seconds(started)}`}`)
  return { state: 'ready', command, cwd }
}

/** @param {number} since */
function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}

mkdirSync(cache, { recursive: true })
const started = performance.now()
const programs = Object.fromEntries(CLIENTS.map((client) => [client.name, prepare(client)]))
console.log(`programs ready after ${seconds(started)}`)

const folder = mkdtempSync(join(tmpdir(), 'spoor-clients-'))
const tallyFile = join(folder, 'tally.json')
const reporters = ['--reporter=verbose', '--reporter=./scripts/vitest-tally.mjs']
const tested = run(['vitest', 'run', '--config=vitest.clients.config.ts', ...reporters, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
  env: { ...env, SPOOR_CLIENTS: JSON.stringify(programs), SPOOR_TALLY: tallyFile },
})
/** @type {import('./vitest-tally.mjs').Tally} */
const tally = existsSync(tallyFile)
  ? JSON.parse(readFileSync(tallyFile, 'utf8'))
  : { passed: 0, failed: 0, skipped: [] }
rmSync(folder, { recursive: true })
total.passed += tally.passed
total.failed += tally.failed
// With a name pattern vitest calls every other test skipped.
const chosen = process.argv.some((arg) => arg === '-t' || arg.startsWith('--testNamePattern'))
for (const { name, reason } of chosen ? [] : tally.skipped) {
  console.log(`skipped: ${name}: ${reason === '' ? 'NO REASON GIVEN, counts as failed' : reason}`)
  if (reason === '') total.failed += 1
}
if (tally.passed + tally.failed === 0 || (tested.status !== 0 && tally.failed === 0)) {
  console.log(`FAILED vitest ended with ${tested.status} after ${tally.passed} tests`)
  total.failed += 1
}
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed === 0 ? 0 : 1
