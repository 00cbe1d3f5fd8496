// Gets a checkout ready to run: packages as package-lock.json says, a Node 24 and, with --ui, the built user interface.
// npm runs it before `npm start` and `npm test`, with whatever Node the machine has: so plain JavaScript that Node 20
// runs, and no dependency. Says nothing and returns quickly when nothing is to do. Must never change package-lock.json.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NODE_MAJOR = 24
/** Process numbers come round again: a lock older than this is nobody's. */
const LOCK_EXPIRY_MS = 30 * 60_000
const root = fileURLToPath(new URL('..', import.meta.url))
const lockFile = join(root, 'package-lock.json')
const modules = join(root, 'node_modules')
/** Holds the hash of the package-lock.json that node_modules was last seen to agree with. */
const installStamp = join(modules, '.spoor-setup')
const onWindows = process.platform === 'win32'
const pinnedNode = join(modules, '.bin', onWindows ? 'node.cmd' : 'node')
const uiDist = join(root, 'packages/ui/dist')
/** Holds the hash of the sources that the built user interface was made of. */
const uiStamp = join(uiDist, '.stamp')

class SetupError extends Error {}

/** @param {string} file */
function textOf(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** @param {string | Buffer} content */
function hashOf(content) {
  return createHash('sha256').update(content).digest('hex')
}

// ---- packages ----

/** True when node_modules holds what package-lock.json asks for: by the stamp, else by npm's own record of what it did. */
function packagesAreFresh() {
  const wanted = readFileSync(lockFile)
  const hash = hashOf(wanted)
  if (textOf(installStamp) === hash) return true
  const record = textOf(join(modules, '.package-lock.json'))
  if (record === '') return false
  const installed = JSON.parse(record).packages
  for (const [path, entry] of Object.entries(JSON.parse(wanted.toString()).packages)) {
    if (!path.includes('node_modules/') || entry.link) continue
    const found = installed[path]
    if (found === undefined && entry.optional) continue // made for another kind of machine
    if (found?.version !== entry.version || found.integrity !== entry.integrity) return false
  }
  writeFileSync(installStamp, hash)
  return true
}

function install() {
  const started = Date.now()
  console.log('Spoor: installing packages from npm …')
  const cli = process.env.npm_execpath ?? ''
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const options = { cwd: root, encoding: /** @type {const} */ ('utf8'), maxBuffer: 1 << 28 }
  // The Node that started npm, not the pinned one: that lies in the folder which npm is about to replace.
  const done = /^npm-cli\.c?js$/.test(basename(cli))
    ? spawnSync(process.env.npm_node_execpath ?? process.execPath, [cli, ...args], options)
    : spawnSync('npm', args, { ...options, shell: onWindows })
  if (done.status !== 0) {
    const output = `${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`.trim()
    throw new SetupError(`npm ci failed:\n${output}`)
  }
  writeFileSync(installStamp, hashOf(readFileSync(lockFile)))
  dropUnusableNode()
  console.log(`Spoor: packages installed in ${seconds(started)}`)
}

/** npm knows no C library: on musl it installs a Node for glibc that cannot start and would hide the system's own. */
function dropUnusableNode() {
  if (existsSync(pinnedNode) && spawnSync(pinnedNode, ['--version'], { shell: onWindows }).status !== 0) {
    rmSync(pinnedNode)
  }
}

/** The Node that everything after this runs on, or one clear line. npm scripts put node_modules/.bin first on PATH. */
function requireNode() {
  if (existsSync(pinnedNode)) return
  if (Number.parseInt(process.versions.node, 10) >= NODE_MAJOR) return
  throw new SetupError(
    `Spoor needs Node ${NODE_MAJOR}, and npm has none for ${process.platform} ${process.arch}: ` +
      `install Node ${NODE_MAJOR} or later and try again (this is ${process.versions.node})`,
  )
}

/**
 * `npm start` runs `exec node …`: without exec a shell would stand between, which ends at a Ctrl-C before Spoor has
 * stopped and hides its exit code. The shell of Windows has no such word.
 */
function provideExec() {
  const file = join(modules, '.bin', 'exec.cmd')
  if (onWindows && !existsSync(file)) writeFileSync(file, '@%*\r\n')
}

// ---- user interface ----

/** @param {string} folder @param {string[]} files */
function sourcesUnder(folder, files) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      if (!['node_modules', 'dist', 'test'].includes(entry.name)) sourcesUnder(path, files)
    } else if (!/\.test\.tsx?$|\.tsbuildinfo$|\.md$/.test(entry.name)) files.push(path)
  }
  return files
}

/** One hash of all that the built user interface depends on. */
function uiFingerprint() {
  const files = [
    lockFile,
    ...sourcesUnder(join(root, 'packages/ui'), []),
    ...sourcesUnder(join(root, 'packages/core/src'), []),
  ]
  const hash = createHash('sha256')
  for (const file of files.toSorted())
    hash
      .update(`${file.slice(root.length)}\0`)
      .update(readFileSync(file))
      .update('\0')
  return hash.digest('hex')
}

function uiIsFresh() {
  return existsSync(join(uiDist, 'index.html')) && textOf(uiStamp) === uiFingerprint()
}

/** Builds beside dist and swaps, so that a running server never serves half a build and a failed one changes nothing. */
function buildUi() {
  const started = Date.now()
  console.log('Spoor: building the user interface …')
  const fingerprint = uiFingerprint()
  const fresh = join(root, '.cache', 'ui-build')
  const vite = createRequire(join(root, 'packages/ui/package.json')).resolve('vite/package.json')
  const args = [join(vite, '../bin/vite.js'), 'build', '--outDir', fresh, '--emptyOutDir', '--logLevel', 'warn']
  const node = existsSync(pinnedNode) ? pinnedNode : process.execPath
  const done = spawnSync(node, args, { cwd: join(root, 'packages/ui'), encoding: 'utf8', shell: onWindows })
  if (done.status !== 0)
    throw new SetupError(`vite build failed:\n${`${done.stdout ?? ''}${done.stderr ?? ''}`.trim()}`)
  writeFileSync(join(fresh, '.stamp'), fingerprint)
  rmSync(uiDist, { recursive: true, force: true })
  renameSync(fresh, uiDist)
  console.log(`Spoor: user interface built in ${seconds(started)}`)
}

// ---- one at a time ----

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** @param {string} file @returns milliseconds since it was written; 0 where it has just gone */
function ageOf(file) {
  const found = statSync(file, { throwIfNoEntry: false })
  return found === undefined ? 0 : Date.now() - found.mtimeMs
}

/** Takes away the lock of a process that died. Another may do the same at once: so by a rename that only one wins. */
function breakLock(lock, pid) {
  const aside = `${lock}.${process.pid}`
  try {
    renameSync(lock, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  if (readFileSync(aside, 'utf8') === pid) rmSync(aside)
  else renameSync(aside, lock) // it was a fresh lock of somebody alive after all
}

/** Runs `work` while no other set-up of this checkout does. @param {() => void} work */
function alone(work) {
  mkdirSync(join(root, '.cache'), { recursive: true })
  const lock = join(root, '.cache', 'setup.lock')
  let told = false
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    const pid = textOf(lock)
    if (pid !== '' && (!isAlive(Number(pid)) || ageOf(lock) > LOCK_EXPIRY_MS)) breakLock(lock, pid)
    else if (pid !== '' && !told) {
      console.log(`Spoor: waiting for another set-up of this checkout (process ${pid}) …`)
      told = true
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  }
  try {
    work()
  } finally {
    rmSync(lock, { force: true })
  }
}

/** @param {number} since milliseconds */
function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}

const wantUi = process.argv.includes('--ui')
try {
  if (!packagesAreFresh() || (wantUi && !uiIsFresh())) {
    alone(() => {
      if (!packagesAreFresh()) install()
      requireNode()
      if (wantUi && !uiIsFresh()) buildUi()
    })
  }
  requireNode()
  provideExec()
} catch (error) {
  console.error(error instanceof SetupError ? error.message : error)
  process.exitCode = 1
}
