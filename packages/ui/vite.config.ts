// Builds the UI into dist/: index.html and everything else under static/. All addresses are relative, because the base
// path (`/`, `/jaeger/`) is only known in the browser: the script in index.html writes <base> before anything loads.
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

export default defineConfig({
  base: './',
  plugins: [react(), entryAfterBase()],
  build: {
    outDir: 'dist',
    assetsDir: 'static',
    target: ['chrome123', 'firefox121', 'safari17.5'],
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
})
