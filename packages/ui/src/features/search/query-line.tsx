// The query line: a search as text. Grows with it, marks the place of a mistake under the letters, and offers what may follow.
// It belongs to the search form, so Enter searches. A plain text area: everything that it does the text alone can do too.

import { parseQuery } from '@spoor/core/model/query-text'
import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type RefObject } from 'react'
import { complete, completionAt, type Completion } from '../../base/query-complete.ts'
import { choicesOf } from '../../base/search-filter.ts'
import type { SearchForm } from '../../base/search-url.ts'
import { FORM_ID, type Change } from './search-form.tsx'
import { useSuggestions, type Suggestion } from './suggestions.ts'

/** The service that every match has, where the form or the query names one. */
function serviceOf(form: SearchForm): string {
  const choice = choicesOf(form).find(({ target, not }) => !not && 'field' in target && target.field === 'service')
  return choice?.value ?? ''
}

interface MirrorProps {
  readonly text: string
  /** Where the mark is: UTF-16 units. */
  readonly mistake: number | undefined
  readonly caret: number | undefined
  readonly caretRef: RefObject<HTMLSpanElement | null>
}

/** The same letters behind the text area, invisible: it gives the height, carries the mark and tells where the caret is. */
function Mirror({ text, mistake, caret, caretRef }: MirrorProps) {
  const end = mistake === undefined ? -1 : Math.max(mistake + 1, text.slice(mistake).search(/[\s(),]|$/) + mistake)
  return (
    <>
      <div className="query-mirror" aria-hidden="true">
        {text.slice(0, mistake ?? text.length)}
        {mistake !== undefined && (
          <>
            <mark>{text.slice(mistake, end) || ' '}</mark>
            {text.slice(end)}
          </>
        )}
        {'\u200b'}
      </div>
      <div className="query-mirror" aria-hidden="true">
        {text.slice(0, caret ?? 0)}
        <span ref={caretRef} />
      </div>
    </>
  )
}

function optionId(id: string, i: number): string {
  return `${id}-option-${i}`
}

interface ListProps {
  readonly id: string
  /** An element where the word begins that is being typed. */
  readonly at: RefObject<HTMLSpanElement | null>
  readonly options: readonly Suggestion[]
  readonly active: number
  readonly onChoose: (option: Suggestion) => void
}

/** Its keys are handled by the text area, which keeps the focus. */
function SuggestionList({ id, at, options, active, onChoose }: ListProps) {
  const list = useRef<HTMLUListElement>(null)
  useLayoutEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' })
  }, [active])
  useLayoutEffect(() => {
    const left = at.current?.offsetLeft ?? 0
    if (list.current !== null) list.current.style.insetInlineStart = `min(${left}px, max(0px, 100% - 340px))`
  }, [at, options])
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <ul
      ref={list}
      id={`${id}-list`}
      role="listbox"
      aria-label="Suggestions"
      className="options query-options"
      onMouseDown={(event) => event.preventDefault()}
      onClick={(event) => {
        const item = event.target instanceof Element ? event.target.closest('li') : null
        const option = options[Number(item?.dataset['index'])]
        if (option !== undefined) onChoose(option)
      }}
    >
      {options.map((option, i) => (
        <li key={option.label} id={optionId(id, i)} role="option" aria-selected={i === active} data-index={i}>
          <span>{option.label}</span> <span className="option-note">{option.note}</span>
        </li>
      ))}
    </ul>
  )
}

/** Caret, open list and active option. `closed` where the reader has sent the list away. */
function useLine(form: SearchForm, change: Change) {
  const area = useRef<HTMLTextAreaElement>(null)
  const [caret, setCaret] = useState(0)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  /** Where the caret is to go once the text has changed. */
  const wanted = useRef<number | undefined>(undefined)
  const text = form.q
  const completion = open ? completionAt(text, Math.min(caret, text.length)) : undefined
  const options = useSuggestions(completion, open ? serviceOf(form) : '')
  useLayoutEffect(() => {
    if (wanted.current === undefined) return
    area.current?.setSelectionRange(wanted.current, wanted.current)
    setCaret(wanted.current)
    wanted.current = undefined
  }, [text])
  const show = (): void => {
    setCaret(area.current?.selectionStart ?? 0)
    setOpen(true)
    setActive(-1)
  }
  const hide = (): void => {
    setOpen(false)
    setActive(-1)
  }
  const type = (next: string): void => {
    change({ q: next })
    show()
  }
  const choose = ({ insert }: Suggestion, at: Completion | undefined): void => {
    if (at === undefined) return
    const done = complete(text, at, insert)
    wanted.current = done.caret
    change({ q: done.text })
    setActive(-1)
  }
  return { area, caret, open, active, setActive, completion, options, show, hide, type, choose }
}

type Line = ReturnType<typeof useLine>

function keyDown(event: KeyboardEvent<HTMLTextAreaElement>, line: Line, submit: () => void): void {
  const { options, active, completion } = line
  const listed = line.open && options.length > 0
  const option = listed ? options[active] : undefined
  if (event.nativeEvent.isComposing) return
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault()
    if (option !== undefined && !event.ctrlKey && !event.metaKey) return line.choose(option, completion)
    line.hide()
    submit()
  } else if (event.key === 'Tab' && option !== undefined && !event.shiftKey) {
    event.preventDefault()
    line.choose(option, completion)
  } else if (event.key === 'Escape' && line.open) {
    event.preventDefault()
    line.hide()
  } else if (event.key === ' ' && event.ctrlKey) {
    event.preventDefault()
    line.show()
  } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && listed) {
    event.preventDefault()
    const step = event.key === 'ArrowDown' ? 1 : -1
    // One place more than options: the text itself.
    const places = options.length + 1
    line.setActive(((active + 1 + step + places) % places) - 1)
  }
}

interface Problem {
  readonly at: number
  readonly message: string
}

/** Half a query, while it is being typed, is no mistake yet. */
function problemOf(text: string, typing: boolean): Problem | undefined {
  const read = parseQuery(text)
  if (read.ok) return undefined
  const unfinished = read.at >= text.trimEnd().length || read.message.startsWith('this ( is')
  return typing && unfinished ? undefined : read
}

interface NotesProps {
  readonly id: string | undefined
  readonly problem: Problem | undefined
  readonly count: number | undefined
}

/** What is wrong, and for those who cannot see the list, how much it offers. */
function Notes({ id, problem, count }: NotesProps) {
  return (
    <>
      {problem !== undefined && (
        <p id={id} className="field-error">
          At character {problem.at + 1}: {problem.message}
        </p>
      )}
      <span className="visually-hidden" role="status">
        {count === undefined ? '' : `${count} suggestions`}
      </span>
    </>
  )
}

interface Props {
  readonly form: SearchForm
  readonly change: Change
  readonly onSubmit: () => void
}

export function QueryLine({ form, change, onSubmit }: Props) {
  const id = useId()
  const caretRef = useRef<HTMLSpanElement>(null)
  const [typing, setTyping] = useState(false)
  const line = useLine(form, change)
  const problem = problemOf(form.q, typing)
  const whole = problemOf(form.q, false)
  const listed = line.open && line.options.length > 0
  const submit = (): void => {
    if (whole === undefined) return onSubmit()
    setTyping(false)
    line.area.current?.setSelectionRange(whole.at, whole.at)
  }
  const note = problem === undefined ? undefined : `${id}-note`
  const mistake = problem?.at
  return (
    <div className="query-field">
      <label htmlFor={id}>Query</label>
      <div className="query-wrap">
        <div className="query-box">
          <Mirror text={form.q} mistake={mistake} caret={line.completion?.from} caretRef={caretRef} />
          <textarea
            ref={line.area}
            id={id}
            form={FORM_ID}
            rows={1}
            value={form.q}
            placeholder="duration > 100ms and status = error"
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            aria-invalid={mistake !== undefined}
            aria-describedby={note}
            aria-autocomplete="list"
            aria-haspopup="listbox"
            aria-controls={listed ? `${id}-list` : undefined}
            aria-activedescendant={listed && line.active >= 0 ? optionId(id, line.active) : undefined}
            onChange={(event) => {
              setTyping(true)
              line.type(event.target.value.replace(/\r?\n/g, ' '))
            }}
            onClick={line.show}
            onBlur={() => {
              setTyping(false)
              line.hide()
            }}
            onKeyDown={(event) => keyDown(event, line, submit)}
            onKeyUp={(event) => /^(?:Arrow(?:Left|Right)|Home|End)$/.test(event.key) && line.open && line.show()}
          />
        </div>
        {listed && (
          <SuggestionList
            id={id}
            at={caretRef}
            options={line.options}
            active={line.active}
            onChoose={(option) => line.choose(option, line.completion)}
          />
        )}
      </div>
      <Notes id={note} problem={problem} count={listed ? line.options.length : undefined} />
    </div>
  )
}
