// The search form: Jaeger's fields. No service is needed. It keeps what is typed and hands over a whole form on submit.

import { useQuery } from '@tanstack/react-query'
import { useId, type SyntheticEvent, type ReactNode } from 'react'
import { operationsQuery, servicesQuery } from '../../api/queries.ts'
import { CUSTOM_LOOKBACK, emptyForm, LOOKBACKS, MAX_LIMIT, type SearchForm } from '../../base/search-url.ts'
import { fromInputValue, toInputValue, zoneName } from '../../base/time.ts'
import { useSettings } from '../../widgets/context.tsx'
import { Icon } from '../../widgets/icons.tsx'
import { checkForm } from './check-form.ts'
import { Combobox } from './combobox.tsx'

interface FieldProps {
  readonly label: string
  readonly error?: string | undefined
  readonly hint?: string
  readonly children: (attributes: {
    id: string
    'aria-invalid': boolean
    'aria-describedby': string | undefined
  }) => ReactNode
}

function Field({ label, error, hint, children }: FieldProps) {
  const id = useId()
  const below = error ?? hint
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        'aria-invalid': error !== undefined,
        'aria-describedby': below === undefined ? undefined : `${id}-note`,
      })}
      {below !== undefined && (
        <p id={`${id}-note`} className={error === undefined ? 'hint' : 'field-error'}>
          {below}
        </p>
      )}
    </div>
  )
}

export type Change = (change: Partial<SearchForm>) => void

function NameFields({ form, change }: { form: SearchForm; change: Change }) {
  const services = useQuery(servicesQuery())
  const operations = useQuery(operationsQuery(form.service))
  const count = services.data === undefined ? undefined : String(services.data.length)
  const note = services.isError ? 'could not be loaded' : count
  const operationNote = operations.isError ? 'could not be loaded' : operations.data && String(operations.data.length)
  return (
    <>
      <Combobox
        label="Service"
        value={form.service}
        options={services.data ?? []}
        placeholder="Any service"
        {...(note === undefined ? {} : { note })}
        onChange={(service) => change({ service, operation: '' })}
      />
      <Combobox
        label="Operation"
        value={form.operation}
        options={operations.data ?? []}
        placeholder="Any operation"
        {...(operationNote === undefined ? {} : { note: operationNote })}
        onChange={(operation) => change({ operation })}
      />
    </>
  )
}

function RangeFields({ form, change, error }: { form: SearchForm; change: Change; error: string | undefined }) {
  const { zone } = useSettings()
  const set = (name: 'start' | 'end', text: string): void => {
    const ms = fromInputValue(text, zone)
    if (ms !== undefined) change({ [name]: String(ms * 1000) })
  }
  const input = (name: 'start' | 'end', label: string, problem: string | undefined) => (
    <Field label={`${label} (${zoneName(Number(form[name]) / 1000, zone)})`} error={problem}>
      {(attributes) => (
        <input
          type="datetime-local"
          step="1"
          {...attributes}
          value={toInputValue(Number(form[name]) / 1000, zone)}
          onChange={(event) => set(name, event.target.value)}
        />
      )}
    </Field>
  )
  return (
    <>
      {input('start', 'From', undefined)}
      {input('end', 'To', error)}
    </>
  )
}

function LimitFields({ form, change }: { form: SearchForm; change: Change }) {
  const errors = checkForm(form)
  return (
    <>
      <div className="field-row">
        <Field label="Min duration" error={errors.minDuration}>
          {(attributes) => (
            <input
              type="text"
              {...attributes}
              value={form.minDuration}
              placeholder="100ms"
              spellCheck={false}
              onChange={(event) => change({ minDuration: event.target.value })}
            />
          )}
        </Field>
        <Field label="Max duration" error={errors.maxDuration}>
          {(attributes) => (
            <input
              type="text"
              {...attributes}
              value={form.maxDuration}
              placeholder="1.2s"
              spellCheck={false}
              onChange={(event) => change({ maxDuration: event.target.value })}
            />
          )}
        </Field>
      </div>
      <Field label="Limit" hint="Traces at a time">
        {(attributes) => (
          <input
            type="number"
            min={1}
            max={MAX_LIMIT}
            {...attributes}
            value={form.limit}
            onChange={(event) =>
              change({ limit: Math.max(1, Math.min(MAX_LIMIT, Math.trunc(event.target.valueAsNumber) || 1)) })
            }
          />
        )}
      </Field>
    </>
  )
}

/** The query line belongs to this form, wherever it stands. */
export const FORM_ID = 'search-form'

interface Props {
  readonly form: SearchForm
  readonly change: Change
  readonly busy: boolean
  readonly onSubmit: () => void
}

export function SearchFormPanel({ form, change, busy, onSubmit }: Props) {
  const errors = checkForm(form)
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    onSubmit()
  }
  return (
    <form id={FORM_ID} className="search-form" onSubmit={submit} aria-label="Search for traces" noValidate>
      <NameFields form={form} change={change} />
      <Field label="Tags" error={errors.tags} hint="All must match, on one span: error=true http.status_code=500">
        {(attributes) => (
          <input
            type="text"
            {...attributes}
            value={form.tags}
            placeholder="key=value"
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => change({ tags: event.target.value })}
          />
        )}
      </Field>
      <Field label="Lookback">
        {(attributes) => (
          <select {...attributes} value={form.lookback} onChange={(event) => change({ lookback: event.target.value })}>
            {LOOKBACKS.map((item) => (
              <option key={item.value} value={item.value}>
                {item.label}
              </option>
            ))}
            <option value={CUSTOM_LOOKBACK}>Custom range…</option>
          </select>
        )}
      </Field>
      {form.lookback === CUSTOM_LOOKBACK && <RangeFields form={form} change={change} error={errors.range} />}
      <LimitFields form={form} change={change} />
      <div className="form-actions">
        <button type="submit" className="button primary" disabled={Object.keys(errors).length > 0}>
          <Icon name="search" />
          {busy ? 'Searching…' : 'Find traces'}
        </button>
        <button type="button" className="button" onClick={() => change(emptyForm(Date.now()))}>
          Reset
        </button>
      </div>
    </form>
  )
}
