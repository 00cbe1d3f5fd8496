// The bar on every page: the name, search, the trace id box, time zone, theme, help.

import { useLocation } from '@tanstack/react-router'
import { useState, type SyntheticEvent } from 'react'
import logo from '../assets/spoor.svg'
import { findTraceId } from '../base/ids.ts'
import type { Theme } from '../base/settings.ts'
import { zoneName } from '../base/time.ts'
import { useGo, useSettings, useSettingsStore } from '../widgets/context.tsx'
import { Icon, type IconName } from '../widgets/icons.tsx'
import { Link } from '../widgets/link.tsx'

export const TRACE_BOX_ID = 'trace-id-box'

function TraceBox() {
  const go = useGo()
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    if (text.trim() === '') return
    const id = findTraceId(text)
    setWrong(id === undefined)
    if (id === undefined) return
    setText('')
    go(`/trace/${id}`)
  }
  return (
    <form className="trace-box" role="search" aria-label="Open a trace by its id" onSubmit={submit}>
      <Icon name="search" />
      <input
        id={TRACE_BOX_ID}
        type="text"
        value={text}
        placeholder="Trace id, traceparent or link"
        aria-label="Trace id"
        spellCheck={false}
        autoComplete="off"
        aria-invalid={wrong}
        aria-describedby={wrong ? 'trace-box-error' : undefined}
        onChange={(event) => {
          setText(event.target.value)
          setWrong(false)
        }}
      />
      {wrong && (
        <p id="trace-box-error" className="field-error" role="alert">
          No trace id in there. One looks like 4bf92f3577b34da6a3ce929d0e0e4736.
        </p>
      )}
    </form>
  )
}

const THEMES: readonly { value: Theme; label: string; icon: IconName }[] = [
  { value: 'system', label: 'system', icon: 'screen' },
  { value: 'light', label: 'light', icon: 'sun' },
  { value: 'dark', label: 'dark', icon: 'moon' },
]

function ThemeButton() {
  const { theme } = useSettings()
  const store = useSettingsStore()
  const at = Math.max(
    0,
    THEMES.findIndex((item) => item.value === theme),
  )
  const now = THEMES[at]
  const next = THEMES[(at + 1) % THEMES.length]
  if (now === undefined || next === undefined) return null
  const label = `Theme: ${now.label}. Switch to ${next.label}`
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      onClick={() => store.set({ theme: next.value })}
    >
      <Icon name={now.icon} />
    </button>
  )
}

function ZoneButton() {
  const { zone } = useSettings()
  const store = useSettingsStore()
  const local = zoneName(Date.now(), 'local')
  const place = new Intl.DateTimeFormat().resolvedOptions().timeZone
  const words = zone === 'utc' ? 'UTC' : 'Local'
  const title = `Times are in ${zone === 'utc' ? 'UTC' : `local time (${local})`}. Switch`
  return (
    <button
      type="button"
      className="chip"
      title={title}
      onClick={() => store.set({ zone: zone === 'utc' ? 'local' : 'utc' })}
    >
      <Icon name="clock" />
      <span className="visually-hidden">Time zone: </span>
      {words}
      {zone === 'local' && <span className="chip-note">{place}</span>}
    </button>
  )
}

export function TopBar({ onHelp }: { onHelp: () => void }) {
  const { pathname } = useLocation()
  const current = (path: string): 'page' | undefined => (pathname === path ? 'page' : undefined)
  return (
    <header className="top-bar">
      <Link className="brand" to="/search">
        <img src={logo} width="22" height="22" alt="" />
        Spoor
      </Link>
      <nav aria-label="Pages">
        <Link className="nav-link nav-search" to="/search" aria-current={current('/search')}>
          Search
        </Link>
        <Link
          className="nav-link"
          to="/dependencies"
          title="Services and their calls"
          aria-current={current('/dependencies')}
        >
          <Icon name="map" />
          <span>Dependencies</span>
        </Link>
      </nav>
      <TraceBox />
      <div className="top-tools">
        <ZoneButton />
        <ThemeButton />
        <button
          type="button"
          className="icon-button"
          aria-label="Keyboard help"
          title="Keyboard help (?)"
          onClick={onHelp}
        >
          <Icon name="help" />
        </button>
      </div>
    </header>
  )
}
