// What the matching spans have in common: their number by service, operation, status, kind and chosen attributes. A click asks
// for the spans of a value, or for the others; another takes that back.

import type { FacetAnswer, FacetTarget } from '@spoor/core/api/search'
import { targetText } from '@spoor/core/model/query-print'
import { useQueries, useQuery } from '@tanstack/react-query'
import { useState, type SyntheticEvent } from 'react'
import { attributeKeysQuery, facetsQuery, type SearchParameters } from '../../api/queries.ts'
import { serviceColorVar } from '../../base/color.ts'
import { compactCount, formatCount } from '../../base/number.ts'
import { choicesOf, facetTarget, withChoice, withoutChoice, type Choice } from '../../base/search-filter.ts'
import type { SearchForm } from '../../base/search-url.ts'
import { Icon } from '../../widgets/icons.tsx'
import { Combobox } from './combobox.tsx'

const FIELDS: readonly FacetTarget[] = [{ field: 'service' }, { field: 'name' }, { field: 'status' }, { field: 'kind' }]
const FIELD_LABELS: Readonly<Record<string, string>> = {
  service: 'Service',
  name: 'Operation',
  status: 'Status',
  kind: 'Kind',
}
/** Attributes to count by at a time. */
const MAX_FACET_KEYS = 16
const SHOWN = 6
/** Values that the server has cut can not be asked for. */
const CUT_LENGTH = 1024

/**
 * The fields in one request, then a request for each chosen attribute: one that is slow to count keeps none of the others.
 * `ready`: the search itself has its answer, which counting would slow down.
 */
function useFacets(form: SearchForm, params: SearchParameters, ready: boolean) {
  const attributes = form.facets.map(facetTarget).filter((target) => target !== undefined)
  const fields = useQuery({ ...facetsQuery(params, FIELDS), enabled: ready })
  const ofAttributes = useQueries({
    queries: attributes
      .slice(0, MAX_FACET_KEYS)
      .map((target) => ({ ...facetsQuery(params, [target]), enabled: ready && !fields.isFetching })),
  })
  const all = [fields, ...ofAttributes]
  return {
    facets: all.flatMap(({ data }) => data ?? []),
    busy: !ready || all.some(({ isFetching, isPending }) => isFetching || isPending),
    failed: all.some(({ isError }) => isError),
  }
}

function labelOf(target: FacetTarget): string {
  return 'field' in target ? (FIELD_LABELS[target.field] ?? target.field) : targetText(target)
}

function sameTarget(a: Choice['target'], b: FacetTarget): boolean {
  return targetText(a) === targetText(b)
}

interface ValueProps {
  readonly facet: FacetAnswer
  readonly value: string
  readonly spans: number
  readonly choice: Choice | undefined
  readonly onToggle: (choice: Choice, on: boolean) => void
}

function Value({ facet, value, spans, choice, onToggle }: ValueProps) {
  const { target } = facet
  const name = value === '' ? '(none)' : value
  const share = facet.spans === 0 ? 0 : (spans / facet.spans) * 100
  const isService = 'field' in target && target.field === 'service'
  const counted = `${formatCount(spans)}${facet.partial ? ' or more' : ''} ${spans === 1 ? 'span' : 'spans'}`
  const toggle = (not: boolean): void => onToggle(choice ?? { target, value, not }, choice === undefined)
  return (
    <li className="facet-value" data-not={choice?.not}>
      <button
        type="button"
        className="facet-pick"
        aria-pressed={choice !== undefined}
        title={`${name}: ${counted}`}
        disabled={value.length >= CUT_LENGTH}
        onClick={() => toggle(false)}
      >
        <span className="facet-bar" style={{ width: `${share}%` }} />
        {isService && <i className="swatch" style={{ background: serviceColorVar(value) }} />}
        <span className="facet-name">
          <span className="visually-hidden">{labelOf(target)} </span>
          {choice?.not === true && 'not '}
          {name}
        </span>
        {choice?.not !== true && (
          <span className="facet-count">
            {compactCount(spans)}
            {facet.partial && '+'}
            <span className="visually-hidden"> spans</span>
          </span>
        )}
      </button>
      {choice === undefined && value.length < CUT_LENGTH && (
        <button
          type="button"
          className="facet-not"
          aria-label={`Not ${labelOf(target)} ${name}`}
          title="Only the others"
          onClick={() => toggle(true)}
        >
          ≠
        </button>
      )}
    </li>
  )
}

interface FacetProps {
  readonly facet: FacetAnswer
  readonly choices: readonly Choice[]
  readonly onToggle: (choice: Choice, on: boolean) => void
  readonly onRemove: (() => void) | undefined
}

function Facet({ facet, choices, onToggle, onRemove }: FacetProps) {
  const [all, setAll] = useState(false)
  const label = labelOf(facet.target)
  const own = choices.filter(({ target }) => sameTarget(target, facet.target))
  const counts = new Map(facet.values.map(({ value, spans }) => [value, spans]))
  // What is chosen stays in sight, also where it has no spans left.
  const chosen = own.map(({ value }) => value)
  const values = [...new Set([...chosen, ...counts.keys()])]
  const shown = all ? values : values.slice(0, Math.max(SHOWN, chosen.length))
  return (
    <section className="facet" aria-label={label}>
      <h3>
        <span>{label}</span>
        {onRemove !== undefined && (
          <button type="button" className="icon-button" aria-label={`Remove ${label}`} onClick={onRemove}>
            <Icon name="close" />
          </button>
        )}
      </h3>
      {values.length === 0 && <p className="none">No matching span has it.</p>}
      <ul>
        {shown.map((value) => (
          <Value
            key={value}
            facet={facet}
            value={value}
            spans={counts.get(value) ?? 0}
            choice={own.find((choice) => choice.value === value)}
            onToggle={onToggle}
          />
        ))}
      </ul>
      {values.length > shown.length && (
        <button type="button" className="text-button" onClick={() => setAll(true)}>
          {values.length - shown.length} more
        </button>
      )}
    </section>
  )
}

function AddFacet({ taken, onAdd }: { taken: readonly string[]; onAdd: (text: string) => void }) {
  const [text, setText] = useState('')
  const keys = useQuery(attributeKeysQuery(text.trim(), 200))
  const options = (keys.data ?? []).map((attr) => targetText({ attr, level: 'any' }))
  const target = facetTarget(text)
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault()
    if (target === undefined) return
    onAdd(targetText(target))
    setText('')
  }
  return (
    <form className="add-facet" onSubmit={submit} aria-label="Count by another attribute">
      <Combobox
        label="Count by"
        value={text}
        options={options.filter((option) => !taken.includes(option))}
        placeholder="attribute"
        onChange={setText}
      />
      <button type="submit" className="button" disabled={target === undefined}>
        Add
      </button>
    </form>
  )
}

interface Props {
  readonly form: SearchForm
  readonly params: SearchParameters
  readonly ready: boolean
  readonly onChange: (form: SearchForm) => void
}

export function Facets({ form, params, ready, onChange }: Props) {
  const { facets, busy, failed } = useFacets(form, params, ready)
  const choices = choicesOf(form)
  const toggle = (choice: Choice, on: boolean): void =>
    onChange(on ? withChoice(form, choice) : withoutChoice(form, choice))
  const without = (key: string) => () => onChange({ ...form, facets: form.facets.filter((text) => text !== key) })
  return (
    <section className="facets" aria-label="Matching spans by" aria-busy={busy}>
      <h2>
        Matching spans by
        {busy && <span className="label-note">counting…</span>}
      </h2>
      {facets.some(({ partial }) => partial) && (
        <p className="hint">Counted in part: with a + there are at least so many.</p>
      )}
      {failed && <p className="field-error">Some could not be counted.</p>}
      {facets.map((facet) => {
        const text = targetText(facet.target)
        const removable = form.facets.find((key) => {
          const target = facetTarget(key)
          return target !== undefined && targetText(target) === text
        })
        return (
          <Facet
            key={text}
            facet={facet}
            choices={choices}
            onToggle={toggle}
            onRemove={removable === undefined ? undefined : without(removable)}
          />
        )
      })}
      {form.facets.length < MAX_FACET_KEYS && (
        <AddFacet taken={form.facets} onAdd={(key) => onChange({ ...form, facets: [...form.facets, key] })} />
      )}
    </section>
  )
}
