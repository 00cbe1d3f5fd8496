// Attributes: key, value, type. Long values are folded, JSON in strings is laid out, everything can be copied.

import type { AttributeJson, ValueJson } from '@spoor/core/api/span-detail'
import { Fragment, useState, type ReactNode } from 'react'
import { counted } from '../../base/number.ts'
import { CopyButton } from '../../widgets/copy-button.tsx'
import { byteCount, hexText, linkOf, matchesFilter, prettyJson, TYPE_NAMES, valueText } from './values.ts'

const LONG_CHARS = 80
const FOLD_CHARS = 240
const FOLD_LINES = 12

function fold(text: string): string {
  const lines = text.split('\n', FOLD_LINES + 1)
  const short = lines.length > FOLD_LINES ? lines.slice(0, FOLD_LINES).join('\n') : text
  return short.length > FOLD_CHARS ? short.slice(0, FOLD_CHARS) : short
}

function sizeText(length: number): string {
  return length < 2000
    ? `${length} characters`
    : `${(length / 1000).toFixed(length < 20_000 ? 1 : 0)} thousand characters`
}

/** Bytes: what v1 shows, hexadecimal, or what OTLP does, base64. */
function Bytes({ base64 }: { base64: string }) {
  const [as, setAs] = useState<'hex' | 'base64'>('hex')
  const [open, setOpen] = useState(false)
  const whole = as === 'hex' ? hexText(base64) : base64
  const short = fold(whole)
  return (
    <>
      <span className="value bytes code">
        {open ? whole : short}
        {!open && short !== whole && '…'}
      </span>
      <span className="value-tools">
        <CopyButton text={whole.replaceAll(/\s/g, '')} label={`Copy as ${as}`} />
        <small>{counted(byteCount(base64), 'byte')}</small>
        {(['hex', 'base64'] as const).map((form) => (
          <button
            key={form}
            type="button"
            className="text-button"
            aria-pressed={as === form}
            onClick={() => setAs(form)}
          >
            {form}
          </button>
        ))}
        {short !== whole && (
          <button type="button" className="text-button" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Show less' : 'Show all'}
          </button>
        )}
      </span>
    </>
  )
}

function Value({ value }: { value: ValueJson }) {
  const [open, setOpen] = useState(false)
  const [raw, setRaw] = useState(false)
  const pretty = value.type === 'string' ? prettyJson(value.value) : undefined
  const whole = raw || pretty === undefined ? valueText(value) : pretty
  const short = fold(whole)
  const link = linkOf(value)
  if (value.type === 'bytes' && value.value !== '') return <Bytes base64={value.value} />
  if (value.type === 'empty') return <span className="value none">empty value</span>
  if (whole === '') return <span className="value none">empty {TYPE_NAMES[value.type]}</span>
  const lines = value.type === 'string' && value.value.includes('\n')
  const code = pretty !== undefined || lines || value.type === 'array' || value.type === 'map'
  return (
    <>
      <span className={`value ${value.type}${code ? ' code' : ''}`}>
        {link === undefined ? (
          open ? (
            whole
          ) : (
            short
          )
        ) : (
          <a href={link} target="_blank" rel="noreferrer noopener">
            {link}
          </a>
        )}
        {!open && short !== whole && '…'}
      </span>
      {(short !== whole || pretty !== undefined) && (
        <span className="value-tools">
          {short !== whole && (
            <button type="button" className="text-button" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? 'Show less' : `Show all, ${sizeText(whole.length)}`}
            </button>
          )}
          {pretty !== undefined && (
            <button type="button" className="text-button" aria-pressed={raw} onClick={() => setRaw(!raw)}>
              As sent
            </button>
          )}
        </span>
      )}
    </>
  )
}

/** A statement, a stack trace, a document: wants all the width, below its key. */
function isLong(value: ValueJson): boolean {
  if (value.type !== 'string') return false
  return value.value.length >= LONG_CHARS || (prettyJson(value.value) ?? value.value).includes('\n')
}

/** A key may break after its separators rather than anywhere. */
function breakable(key: string): ReactNode {
  return key.split(/(?<=[._/:-])/).map((part, i) => (
    <Fragment key={i}>
      {i > 0 && <wbr />}
      {part}
    </Fragment>
  ))
}

function AttributeRow({ attribute: { key, value } }: { attribute: AttributeJson }) {
  return (
    <tr className={isLong(value) ? 'long' : undefined}>
      <th scope="row">{key === '' ? <em>(empty key)</em> : breakable(key)}</th>
      <td className="value-cell">
        <Value value={value} />
      </td>
      <td className="type">{TYPE_NAMES[value.type]}</td>
      <td className="tools">
        {value.type !== 'bytes' && <CopyButton text={() => valueText(value)} label={`Copy the value of ${key}`} />}
      </td>
    </tr>
  )
}

export function Attributes({ attributes, filter = '' }: { attributes: readonly AttributeJson[]; filter?: string }) {
  const shown = attributes.filter((attribute) => matchesFilter(attribute, filter))
  if (attributes.length === 0) return <p className="none">None</p>
  if (shown.length === 0) return <p className="none">None of {attributes.length} matches</p>
  return (
    <table className="attributes">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Value</th>
          <th scope="col">Type</th>
          <th scope="col">Copy</th>
        </tr>
      </thead>
      <tbody>
        {shown.map((attribute, i) => (
          <AttributeRow key={`${attribute.key} ${i}`} attribute={attribute} />
        ))}
      </tbody>
    </table>
  )
}

/** `what` in the singular. */
export function Dropped({ count, what }: { count: number; what: string }) {
  if (count === 0) return null
  return <p className="note warn">{count === 1 ? `1 ${what} was` : `${count} ${what}s were`} dropped by the sender.</p>
}
