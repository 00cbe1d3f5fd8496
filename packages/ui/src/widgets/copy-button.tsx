// Copies a text and says so. Where the browser forbids the clipboard (plain http), it says that too.

import { useEffect, useState } from 'react'
import { Icon, type IconName } from './icons.tsx'

/** Tries the clipboard API, then the older way that plain http allows. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch (error) {
    const area = document.createElement('textarea')
    area.value = text
    area.style.position = 'fixed'
    const host = document.querySelector('dialog[open]') ?? document.body
    host.append(area)
    area.select()
    // Deprecated, and the only way on plain http.
    // oxlint-disable-next-line typescript/no-deprecated
    const done = document.execCommand('copy')
    area.remove()
    if (!done) console.warn('copying is not allowed here', error)
    return done
  }
}

interface Props {
  readonly text: string | (() => string)
  readonly label: string
  /** Shown beside the icon; without it the label is only spoken and in the tooltip. */
  readonly words?: string
  readonly icon?: IconName
  readonly disabled?: boolean
}

export function CopyButton({ text, label, words, icon = 'copy', disabled = false }: Props) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle')
  useEffect(() => {
    if (state === 'idle') return
    const timer = setTimeout(() => setState('idle'), 1600)
    return () => clearTimeout(timer)
  }, [state])
  const copy = async (): Promise<void> => {
    setState((await copyText(typeof text === 'string' ? text : text())) ? 'done' : 'failed')
  }
  const spoken = state === 'done' ? 'Copied' : state === 'failed' ? 'Copying is not allowed here' : label
  const className = words === undefined ? 'icon-button copy' : 'button small copy'
  return (
    <button
      type="button"
      className={className}
      title={spoken}
      aria-label={words === undefined ? spoken : undefined}
      data-state={state}
      disabled={disabled}
      onClick={(event) => {
        event.stopPropagation()
        void copy()
      }}
    >
      <Icon name={state === 'done' ? 'check' : state === 'failed' ? 'error' : icon} />
      {words !== undefined && <span>{state === 'idle' ? words : spoken}</span>}
    </button>
  )
}
