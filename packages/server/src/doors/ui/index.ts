// Serves the UI: files under static/ never change under one name and are kept by browsers for ever, precompressed where
// the build made .br and .gz of them; every other path outside /api is a page of the UI and gets index.html. The base
// path is found in the browser. Reads its directory once, at the start.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { DoorPlugin } from '../api/door.ts'
import { get } from '../api/query-server.ts'
import type { UiConfig } from './config.ts'

/** In a checkout, and in the published package. */
const BUILT: readonly string[] = ['../../../../ui/dist', '../../../ui'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)
const NOT_BUILT = `<!doctype html><meta charset="utf-8"><title>Spoor</title>
<p>The UI is not built here. In a checkout, <code>npm start</code> builds it. The query APIs work as they are.</p>
`

export const uiDoor: DoorPlugin<UiConfig> = {
  name: 'ui',
  async register(app, config, { log }) {
    const folder =
      config.staticFiles === '' ? BUILT.find((path) => existsSync(join(path, 'index.html'))) : config.staticFiles
    const index = folder === undefined ? NOT_BUILT : await readIndex(folder)
    if (index === undefined) log.warn('there is no index.html in the folder of the UI', { folder })
    if (folder !== undefined && existsSync(join(folder, 'static'))) {
      await app.register(fastifyStatic, {
        root: join(folder, 'static'),
        prefix: '/static/',
        preCompressed: true,
        immutable: true,
        maxAge: '365d',
        index: false,
        decorateReply: false,
      })
    }
    const page = index ?? NOT_BUILT
    const headers = pageHeaders(page)
    const sendPage = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      reply.headers(headers)
      if (request.headers['if-none-match'] === headers['etag']) return await reply.code(304).send()
      return await reply.type('text/html; charset=utf-8').send(page)
    }
    // The page's addresses are relative: without its slash at the end, the base path would be taken for a page below /.
    get(app, '/', async (request, reply) => {
      const [path = '', ...query] = request.url.split('?')
      if (path.endsWith('/')) return await sendPage(request, reply)
      return await reply.redirect([`${path}/`, ...query].join('?'), 302)
    })
    get(app, '/*', sendPage)
  },
}

async function readIndex(folder: string): Promise<string | undefined> {
  const path = join(folder, 'index.html')
  return existsSync(path) ? await readFile(path, 'utf8') : undefined
}

/**
 * Scripts run only from our own files and where the page itself carries them, known by their hash. The page may stand
 * in frames of others: Jaeger's embedding is used by other products.
 */
function pageHeaders(page: string): Readonly<Record<string, string>> {
  const hashes = [...page.matchAll(/<script>([^]*?)<\/script>/g)].map(
    ([, script = '']) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  )
  const policy = [
    "default-src 'self'",
    ["script-src 'self'", ...hashes].join(' '),
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
  ]
  return {
    'cache-control': 'no-cache',
    'content-security-policy': policy.join('; '),
    'referrer-policy': 'same-origin',
    etag: `"${createHash('sha256').update(page).digest('base64url').slice(0, 22)}"`,
  }
}
