// Find in the trace: the text, how many match, the way to the next and previous one.

import { useEffect, useRef, type Ref } from 'react'
import { Icon } from '../../widgets/icons.tsx'

interface Props {
  readonly ref?: Ref<HTMLInputElement>
  readonly text: string
  /** Number of matches, and which of them (from 0) is the current one, −1 for none. */
  readonly count: number
  readonly at: number
  /** Tags and logs are still being looked through, or cannot be. */
  readonly state: 'done' | 'waiting' | 'failed'
  readonly onText: (text: string) => void
  readonly onStep: (step: 1 | -1) => void
}

export function FindBox({ ref, text, count, at, state, onText, onStep }: Props) {
  const none = state === 'waiting' ? '…' : 'no match'
  const found = text.trim() === '' ? '' : count === 0 ? none : `${at < 0 ? '–' : at + 1} / ${count}`
  const live = useRef<HTMLSpanElement>(null)
  useEffect(() => {
    const failed = state === 'failed' ? ', of names only: tags and logs could not be looked through' : ''
    const words = text.trim() === '' ? '' : `${count} ${count === 1 ? 'match' : 'matches'}${failed}`
    const timer = setTimeout(() => live.current !== null && (live.current.textContent = words), 500)
    return () => clearTimeout(timer)
  }, [text, count, state])
  return (
    <div className="find-box" role="search" aria-label="Find in this trace">
      <Icon name="search" />
      <input
        ref={ref}
        type="text"
        value={text}
        placeholder="Find in names, tags, logs, ids"
        aria-label="Find in this trace"
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onStep(event.shiftKey ? -1 : 1)
          else if (event.key === 'Escape') {
            if (text !== '') onText('')
            else event.currentTarget.blur()
            event.preventDefault()
          }
        }}
      />
      <span
        className={`find-count${count === 0 && state !== 'waiting' ? ' none' : ''}`}
        title={state === 'failed' ? 'Names only: tags and logs could not be looked through' : undefined}
      >
        {found}
        {state === 'failed' && ' ⚠'}
      </span>
      <span ref={live} className="visually-hidden" role="status" />
      <button
        type="button"
        className="icon-button"
        aria-label="Previous match"
        disabled={count === 0}
        onClick={() => onStep(-1)}
      >
        <Icon name="up" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Next match"
        disabled={count === 0}
        onClick={() => onStep(1)}
      >
        <Icon name="down" />
      </button>
    </div>
  )
}
