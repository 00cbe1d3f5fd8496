// Builds the UI into dist/: index.html and everything else under static/. All addresses are relative, because the base
// path (`/`, `/jaeger/`) is only known in the browser: the script in index.html writes <base> before anything loads.
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  plugins: [react()],
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
