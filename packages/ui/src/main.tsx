// Starts the UI: makes the few long-lived things once and hands them down.

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { paletteCss } from './base/color.ts'
import { SettingsStore } from './base/settings.ts'
import { Files } from './files/files.ts'
import { FilesContext, SettingsContext } from './widgets/context.tsx'
import { makeRouter } from './shell/router.tsx'
import './styles/index.css'

/** Local storage, or nothing where the browser forbids it. */
function storage(): Storage | undefined {
  try {
    return window.localStorage
  } catch (error) {
    console.warn('choices are not kept', error)
    return undefined
  }
}

const palette = new CSSStyleSheet()
palette.replaceSync(paletteCss())
document.adoptedStyleSheets.push(palette)

const settings = new SettingsStore(storage(), new URLSearchParams(location.search).get('uiTheme'))
const files = new Files()
const client = new QueryClient({ defaultOptions: { queries: { retry: false, refetchOnWindowFocus: false } } })
const element = document.getElementById('root')
if (element === null) throw new Error('index.html has no #root')

createRoot(element).render(
  <StrictMode>
    <SettingsContext value={settings}>
      <FilesContext value={files}>
        <QueryClientProvider client={client}>
          <RouterProvider router={makeRouter()} />
        </QueryClientProvider>
      </FilesContext>
    </SettingsContext>
  </StrictMode>,
)
