// The frame around every page: skip link, top bar, the page, the help sheet. Embedded pages (uiEmbed=v0) have no bar.

import { Outlet } from '@tanstack/react-router'
import { useEffect, useState, type MouseEvent } from 'react'
import { firstOf, formatQueryString } from '../base/search-url.ts'
import { useRawSearch, useSettings } from '../widgets/context.tsx'
import { HelpSheet } from './help-sheet.tsx'
import { isTyping } from '../widgets/keys.ts'
import { TopBar, TRACE_BOX_ID } from './top-bar.tsx'

function useThemeAttribute(): void {
  const { theme } = useSettings()
  useEffect(() => {
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
  }, [theme])
}

/** <base> would turn `#page` into an address of its own. */
function skip(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('page')?.focus()
}

/** From a page embedded in another product's to the same one with everything around it. */
function Standalone() {
  const raw = useRawSearch()
  const own = Object.entries(raw).filter(([name]) => !/^ui(?:Embed|Search|Timeline|Theme)/.test(name))
  const href = `${location.pathname}${formatQueryString(Object.fromEntries(own))}`
  return (
    <a className="standalone" href={href} target="_blank" rel="noreferrer">
      Open in Spoor
    </a>
  )
}

export function Layout() {
  const [help, setHelp] = useState(false)
  const { shortcuts } = useSettings()
  const embedded = firstOf(useRawSearch(), 'uiEmbed') === 'v0'
  useThemeAttribute()
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!shortcuts || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === '?') setHelp(true)
      else if (event.key === '/') document.getElementById(TRACE_BOX_ID)?.focus()
      else return
      event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [shortcuts])
  return (
    <>
      <a className="skip-link" href="#page" onClick={skip}>
        Skip to the page
      </a>
      {embedded ? <Standalone /> : <TopBar onHelp={() => setHelp(true)} />}
      <main id="page" tabIndex={-1}>
        <Outlet />
      </main>
      <HelpSheet open={help} onClose={() => setHelp(false)} />
    </>
  )
}
