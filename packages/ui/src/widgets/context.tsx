// What every component may reach without being handed it: the reader's settings and the way to another page.

import { useRouter, type RouterHistory } from '@tanstack/react-router'
import { createContext, useCallback, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import { basePath } from '../base/base-path.ts'
import { parseQueryString, type RawSearch } from '../base/search-url.ts'
import type { Settings, SettingsStore } from '../base/settings.ts'
import type { Files, FilesView } from '../files/files.ts'

export const SettingsContext = createContext<SettingsStore | undefined>(undefined)

export function useSettingsStore(): SettingsStore {
  const store = useContext(SettingsContext)
  if (store === undefined) throw new Error('no settings in this tree')
  return store
}

export function useSettings(): Settings {
  const store = useSettingsStore()
  return useSyncExternalStore(store.subscribe, store.get)
}

export const FilesContext = createContext<Files | undefined>(undefined)

/** The files that are open in this browser. */
export function useFiles(): Files {
  const files = useContext(FilesContext)
  if (files === undefined) throw new Error('no files in this tree')
  return files
}

export function useFilesView(): FilesView {
  const files = useFiles()
  return useSyncExternalStore(files.subscribe, files.get)
}

/** `path` is within the UI and starts with a slash: `/search?service=x`. */
export type Go = (path: string, how?: 'push' | 'replace') => void

export function useGo(): Go {
  const history = useRouter().history as RouterHistory
  return useCallback(
    (path, how = 'push') => {
      const href = basePath() + path.slice(1)
      if (how === 'push') history.push(href)
      else history.replace(href)
    },
    [history],
  )
}

/** The address's parameters; changes with it. */
export function useRawSearch(): RawSearch {
  const history = useRouter().history as RouterHistory
  const text = useSyncExternalStore(history.subscribe, () => history.location.search)
  const [parsed, setParsed] = useState(() => ({ text, raw: parseQueryString(text) }))
  if (parsed.text === text) return parsed.raw
  const fresh = { text, raw: parseQueryString(text) }
  setParsed(fresh)
  return fresh.raw
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === '' ? 'Spoor' : `${title} — Spoor`
  }, [title])
}

/** The time now, renewed every 30 s: for "3 min ago". */
export function useNow(): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000)
    return () => clearInterval(timer)
  }, [])
  return now
}
