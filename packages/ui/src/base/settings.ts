// What the reader has chosen: theme, time zone, shortcuts, order of results. Kept in local storage, which may be missing
// or full: then a choice lasts as long as the page. One instance, made in main.tsx and handed down by context.

import type { Zone } from './time.ts'

export type Theme = 'system' | 'light' | 'dark'

export interface Settings {
  readonly theme: Theme
  readonly zone: Zone
  /** Single-key shortcuts on the trace page (WCAG 2.1.4 wants a way to turn them off). */
  readonly shortcuts: boolean
  /** Empty: never chosen. */
  readonly sort: string
  readonly nameColumn: number
  readonly inspectorWidth: number
  readonly recent: readonly string[]
}

const DEFAULTS: Settings = {
  theme: 'system',
  zone: 'local',
  shortcuts: true,
  sort: '',
  nameColumn: 0.3,
  inspectorWidth: 420,
  recent: [],
}
const MAX_RECENT = 8

export class SettingsStore {
  #value: Settings
  #lastSearch = ''
  readonly #storage: Storage | undefined
  readonly #listeners = new Set<() => void>()

  /** `forcedTheme` (the uiTheme parameter) rules this page and is not stored. */
  constructor(storage: Storage | undefined, forcedTheme: string | null) {
    this.#storage = storage
    this.#value = this.#load()
    if (forcedTheme === 'light' || forcedTheme === 'dark') this.#value = { ...this.#value, theme: forcedTheme }
  }

  get = (): Settings => this.#value

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set(change: Partial<Settings>): void {
    this.#value = { ...this.#value, ...change }
    for (const name of Object.keys(change)) this.#store(name, this.#value[name as keyof Settings])
    for (const listener of this.#listeners) listener()
  }

  /** Query string of the search last shown in this tab: the way back from a trace. Not kept. */
  get lastSearch(): string {
    return this.#lastSearch
  }

  rememberSearch(query: string): void {
    this.#lastSearch = query
  }

  /** Puts a search's query string first among the recent ones. */
  addRecent(query: string): void {
    this.set({ recent: [query, ...this.#value.recent.filter((item) => item !== query)].slice(0, MAX_RECENT) })
  }

  #store(name: string, value: unknown): void {
    try {
      this.#storage?.setItem(`spoor.${name}`, typeof value === 'string' ? value : JSON.stringify(value))
    } catch (error) {
      console.warn(`the setting ${name} could not be kept`, error)
    }
  }

  #load(): Settings {
    const read = (name: string): string => this.#storage?.getItem(`spoor.${name}`) ?? ''
    const theme = read('theme')
    const column = Number(read('nameColumn'))
    const inspector = Number(read('inspectorWidth'))
    return {
      theme: theme === 'light' || theme === 'dark' ? theme : DEFAULTS.theme,
      zone: read('zone') === 'utc' ? 'utc' : 'local',
      shortcuts: read('shortcuts') !== 'false',
      sort: read('sort') || DEFAULTS.sort,
      nameColumn: column >= 0.1 && column <= 0.8 ? column : DEFAULTS.nameColumn,
      inspectorWidth: inspector >= 280 && inspector <= 1200 ? inspector : DEFAULTS.inspectorWidth,
      recent: parseRecent(read('recent')),
    }
  }
}

function parseRecent(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text === '' ? '[]' : text)
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string').slice(0, MAX_RECENT) : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
