// A text field with suggestions (ARIA combobox with a listbox): free text stays allowed, the list narrows as one types.

import { useId, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from 'react'

interface Props {
  readonly label: string
  readonly value: string
  readonly options: readonly string[]
  readonly placeholder: string
  readonly note?: string
  readonly disabled?: boolean
  readonly onChange: (value: string) => void
}

const MAX_SHOWN = 200

/** Options that contain what was typed; those that begin with it first. */
export function narrow(options: readonly string[], text: string): string[] {
  const lower = text.trim().toLowerCase()
  if (lower === '') return [...options]
  const hits = options.filter((option) => option.toLowerCase().includes(lower))
  const begins = (option: string): number => (option.toLowerCase().startsWith(lower) ? 0 : 1)
  return hits.sort((a, b) => begins(a) - begins(b))
}

interface OptionsProps {
  readonly ref: RefObject<HTMLUListElement | null>
  readonly id: string
  readonly label: string
  readonly box: ReturnType<typeof useCombobox>
}

function optionId(id: string, i: number): string {
  return `${id}-option-${i}`
}

function useCombobox({ value, options, onChange }: Props) {
  const [open, setOpen] = useState(false)
  const [typed, setTyped] = useState(false)
  const [active, setActive] = useState(-1)
  const hits = useMemo(() => (open ? narrow(options, typed ? value : '') : []), [open, options, value, typed])
  const shown = hits.slice(0, MAX_SHOWN)
  const show = (): void => {
    setOpen(true)
    setActive(-1)
  }
  const close = (): void => {
    setOpen(false)
    setTyped(false)
    setActive(-1)
  }
  const choose = (option: string): void => {
    onChange(option)
    close()
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (!open) return show()
      const step = event.key === 'ArrowDown' ? 1 : -1
      setActive(
        shown.length === 0 ? -1 : (active + step + shown.length + (active < 0 && step < 0 ? 1 : 0)) % shown.length,
      )
    } else if (event.key === 'Enter' && open) {
      // What was typed is meant as it is: the form gets the key.
      if (shown[active] === undefined) return close()
      event.preventDefault()
      choose(shown[active])
    } else if (event.key === 'Escape' && open) {
      event.preventDefault()
      close()
    }
  }
  const onType = (text: string): void => {
    setTyped(true)
    setOpen(true)
    setActive(-1)
    onChange(text)
  }
  return { open, active, hits, shown, show, close, choose, onKeyDown, onType }
}

/** The list below the field. Its keys are handled by the field, which keeps the focus. */
function Options({ ref, id, label, box }: OptionsProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <ul
      ref={ref}
      id={`${id}-list`}
      role="listbox"
      aria-label={label}
      className="options"
      onMouseDown={(event) => event.preventDefault()}
      onClick={(event) => {
        const option =
          event.target instanceof HTMLElement ? box.shown[Number(event.target.dataset['index'])] : undefined
        if (option !== undefined) box.choose(option)
      }}
    >
      {box.shown.map((option, i) => (
        <li key={option} id={optionId(id, i)} role="option" aria-selected={i === box.active} data-index={i}>
          {option}
        </li>
      ))}
      {box.hits.length > MAX_SHOWN && (
        <li role="option" aria-disabled="true" aria-selected="false" className="more">
          {box.hits.length - MAX_SHOWN} more: type to narrow
        </li>
      )}
    </ul>
  )
}

export function Combobox(props: Props) {
  const { label, value, placeholder, note, disabled = false, onChange } = props
  const id = useId()
  const box = useCombobox(props)
  const list = useRef<HTMLUListElement>(null)
  const open = box.open && box.shown.length > 0
  return (
    <div className="field combobox">
      <label htmlFor={id}>
        {label}
        {note !== undefined && <span className="label-note">{note}</span>}
      </label>
      <input
        id={id}
        type="text"
        role="combobox"
        value={value}
        placeholder={placeholder}
        disabled={disabled}
        autoComplete="off"
        spellCheck={false}
        aria-expanded={open}
        aria-controls={open ? `${id}-list` : undefined}
        aria-autocomplete="list"
        aria-activedescendant={box.active >= 0 ? optionId(id, box.active) : undefined}
        onChange={(event) => box.onType(event.target.value)}
        onClick={box.show}
        onKeyDown={(event) => {
          box.onKeyDown(event)
          requestAnimationFrame(() =>
            list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' }),
          )
        }}
        onBlur={box.close}
      />
      {value !== '' && !disabled && (
        <button type="button" className="clear" aria-label={`Clear ${label}`} onClick={() => onChange('')}>
          ×
        </button>
      )}
      {open && <Options ref={list} id={id} label={label} box={box} />}
    </div>
  )
}
