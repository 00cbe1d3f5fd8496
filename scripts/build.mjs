// `npm run build`: makes build/spoor, the folder that is published to npm (`npm publish ./build/spoor`). Exists because a
// checkout runs its TypeScript sources as they are, which Node refuses to do inside node_modules. Core travels inside the
// package. Must never be needed to run or test a checkout.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const target = join(root, 'build', 'spoor')
const core = join(target, 'node_modules', '@spoor', 'core')

/** @param {string} path */
function manifest(path) {
  return JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'))
}

/** @param {readonly string[]} args */
function tsc(args) {
  const env = { ...process.env, PATH: `${join(root, 'node_modules', '.bin')}${delimiter}${process.env.PATH}` }
  const done = spawnSync('tsc', args, { cwd: root, env, stdio: 'inherit', shell: process.platform === 'win32' })
  if (done.status !== 0) {
    console.error(`tsc ${args.join(' ')} failed`)
    process.exit(1)
  }
}

/** Every file under a folder, as a path from it. @param {string} folder */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
}

/** Sources that are not TypeScript (a .proto, a JSON) go beside the code that opens them. */
function copyAssets(from, to) {
  for (const file of filesOf(from)) {
    if (/\.tsx?$|\.md$|(^|[\\/])(golden|fixtures)[\\/]/.test(file)) continue
    mkdirSync(dirname(join(to, file)), { recursive: true })
    cpSync(join(from, file), join(to, file))
  }
}

/** @param {string} folder @param {object} content */
function writeManifest(folder, content) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(content, undefined, 2)}\n`)
}

function emit(packageFolder, outDir) {
  const flags = ['--composite', 'false', '--incremental', 'false', '--sourceMap', 'false', '--declaration', 'true']
  tsc(['-p', packageFolder, '--outDir', outDir, ...flags])
  copyAssets(join(root, packageFolder, 'src'), outDir)
}

rmSync(target, { recursive: true, force: true })
tsc(['-b'])
emit('packages/core', join(core, 'dist'))
emit('packages/server', join(target, 'dist'))

const exported = { './*': { types: './dist/*.d.ts', default: './dist/*.js' } }
const { private: _core, ...coreManifest } = manifest('packages/core')
writeManifest(core, { ...coreManifest, exports: exported })
const { private: _server, devDependencies: _dev, scripts: _scripts, ...serverManifest } = manifest('packages/server')
writeManifest(target, {
  ...serverManifest,
  // npm takes the dependencies of a bundled package for bundled too.
  dependencies: { ...coreManifest.dependencies, ...serverManifest.dependencies },
  exports: { ...exported, './package.json': './package.json' },
  bundleDependencies: ['@spoor/core'],
  files: ['bin', 'dist', 'ui', 'CHANGELOG.md'],
  engines: { node: '>=24' },
})

const ui = join(root, 'packages/ui/dist')
cpSync(ui, join(target, 'ui'), { recursive: true, filter: (path) => !path.endsWith('.stamp') })
const bin = join(root, 'packages/server/bin')
if (existsSync(bin)) cpSync(bin, join(target, 'bin'), { recursive: true })
for (const file of ['README.md', 'LICENSE', 'CHANGELOG.md']) {
  if (existsSync(join(root, file))) cpSync(join(root, file), join(target, file))
}
console.log(`built ${relative(process.cwd(), target)}: ${filesOf(target).length} files`)
