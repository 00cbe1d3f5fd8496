// Starts the Chromium that comes inside an npm package, so that browser tests need no system browser and no download.
// Unpacks it once into the checkout's .cache folder, safe for several processes at the same time.
// Must never use the network nor touch a profile outside its own temporary folder.

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { chromium, type Browser } from 'playwright-core'

const run = promisify(execFile)

/** Flags for a closed network and for containers without a sandbox; --disable-gpu means software raster everywhere. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--font-render-hinting=none',
]

const UNPACK = `
import { inflate } from '@sparticuz/chromium'
const bin = process.argv[1]
await Promise.all(['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'].map((f) => inflate(bin + '/' + f)))
`

function packageFolder(): string {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  return dirname(dirname(entry))
}

/** Folder with `chromium`, `fonts/` and `al2023/lib/`, unpacked on first use. */
async function unpacked(): Promise<string> {
  const source = packageFolder()
  const { version } = createRequire(import.meta.url)(join(source, 'package.json')) as { version: string }
  const cache = join(dirname(fileURLToPath(import.meta.url)), '../../../../.cache')
  const folder = join(cache, `chromium-${version}`)
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  const fresh = await mkdtemp(join(cache, 'unpack-'))
  // The package unpacks into the temporary folder of its process and is not safe against a second one: so one of its own.
  await run(process.execPath, ['--input-type=module', '-e', UNPACK, join(source, 'bin')], {
    cwd: dirname(fileURLToPath(import.meta.url)),
    env: { ...process.env, TMPDIR: fresh },
  })
  try {
    await rename(fresh, folder)
  } catch (error) {
    await rm(fresh, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** Environment under which the binary finds its libraries: the package's own where the system lacks one (libnss3). */
async function environment(folder: string): Promise<Record<string, string>> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value
  const { stdout } = await run('ldd', [join(folder, 'chromium')])
  if (stdout.includes('not found')) {
    const own = join(folder, 'al2023', 'lib')
    env['LD_LIBRARY_PATH'] = env['LD_LIBRARY_PATH'] === undefined ? own : `${own}:${env['LD_LIBRARY_PATH']}`
  }
  if (!existsSync('/etc/fonts/fonts.conf')) env['FONTCONFIG_PATH'] = join(folder, 'fonts')
  return env
}

/** One browser for a test file; the caller closes it. Give every test a context of its own. */
export async function launchChromium(extraFlags: readonly string[] = []): Promise<Browser> {
  const folder = await unpacked()
  return await chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: [...FLAGS, ...extraFlags],
    env: await environment(folder),
  })
}
