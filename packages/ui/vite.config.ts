// Builds the UI into dist/: index.html and everything else under static/. All addresses are relative, because the base
// path (`/`, `/jaeger/`) is only known in the browser: the script in index.html writes <base> before anything loads.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/**
 * Moves the entry's tags into the script that writes <base>. As plain tags the browser's look-ahead would fetch them
 * before <base> exists, from `/trace/static/…`, and get index.html.
 */
function entryAfterBase(): Plugin {
  return {
    name: 'entry-after-base',
    enforce: 'post',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        const tags: string[] = []
        const without = html.replace(
          /[ \t]*<(?:script type="module"[^>]*><\/script>|link rel="(?:stylesheet|modulepreload|icon)"[^>]*>)\n?/g,
          (tag) => {
            tags.push(tag.trim())
            return ''
          },
        )
        const text = JSON.stringify(tags.join('')).replaceAll('</', '<\\/')
        return without.replace('/* entry */', () => `document.write(${text})`)
      },
    },
  }
}

/** Writes .gz and .br beside every text file, which the server hands out as they are. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir }, bundle) {
      for (const { fileName } of Object.values(bundle)) {
        if (!/^static\/.*\.(?:js|css|svg)$/.test(fileName)) continue
        const path = join(dir ?? 'dist', fileName)
        const content = await readFile(path)
        await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }))
        await writeFile(`${path}.br`, brotliCompressSync(content))
      }
    },
  }
}

export default defineConfig({
  base: './',
  plugins: [react(), entryAfterBase(), compressed()],
  build: {
    outDir: 'dist',
    assetsDir: 'static',
    target: ['chrome123', 'firefox121', 'safari17.5'],
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
  // `npm run dev`: the pages come from vite, the data from a Spoor on its usual port.
  server: { proxy: { '/api': 'http://127.0.0.1:16686' } },
})
