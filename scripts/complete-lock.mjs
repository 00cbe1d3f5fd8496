// `npm run lock`, after every `npm install` that changed package-lock.json: adds the entries for other kinds of machines
// that npm left out, as it does where a registry or node_modules lacks them; `npm ci` then refuses the lock everywhere.
// tools/house-check tells when it is needed. Must never change an entry that npm wrote.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64']

/**
 * Optional packages that a package of the lock asks for and the lock lacks.
 * @param {Record<string, { optionalDependencies?: Record<string, string> }>} packages
 * @returns {{ name: string, version: string, of: string }[]}
 */
function missingFrom(packages) {
  const missing = []
  for (const [path, entry] of Object.entries(packages)) {
    const steps = path.split('/')
    const folders = ['', ...steps.map((_step, index) => `${steps.slice(0, index + 1).join('/')}/`)]
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const found = folders.some((folder) => Object.hasOwn(packages, `${folder}node_modules/${name}`))
      if (!found) missing.push({ name, version, of: path })
    }
  }
  return missing
}

/** What its name says of the machine it is for. @param {string} name */
function machineOf(name) {
  const words = name.split(/[/-]/)
  const os = words.filter((word) => SYSTEMS.includes(word))
  const cpu = words.filter((word) => PROCESSORS.includes(word))
  const c = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : []
  return {
    ...(cpu.length > 0 && { cpu }),
    ...(c.length > 0 && os[0] === 'linux' && { libc: c }),
    ...(os.length > 0 && { os }),
  }
}

const file = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const lock = JSON.parse(readFileSync(file, 'utf8'))
const missing = missingFrom(lock.packages)
for (const { name, version, of } of missing) {
  if (!/^\d+\.\d+\.\d+/.test(version))
    throw new Error(`${of} wants ${name}@${version}: only exact versions can be added`)
  const { dev } = lock.packages[of]
  lock.packages[`node_modules/${name}`] = { version, ...machineOf(name), ...(dev && { dev }), optional: true }
}
const paths = Object.keys(lock.packages).toSorted((a, b) => a.localeCompare(b, 'en'))
lock.packages = Object.fromEntries(paths.map((path) => [path, lock.packages[path]]))
if (missing.length > 0) writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`)
console.log(`${missing.length} entries added to package-lock.json`)
