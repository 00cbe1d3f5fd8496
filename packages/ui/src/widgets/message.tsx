// A page or panel that has nothing to show says why in plain words, and what to do next.

import type { ReactNode } from 'react'
import { ApiError } from '../api/client.ts'
import { Icon } from './icons.tsx'
import { Link } from './link.tsx'
import { useTitle } from './context.tsx'

interface Props {
  readonly title: string
  readonly tone?: 'error' | 'plain'
  readonly children?: ReactNode
}

export function Message({ title, tone = 'plain', children }: Props) {
  return (
    <div className={`message ${tone}`} role={tone === 'error' ? 'alert' : undefined}>
      <h2>
        {tone === 'error' && <Icon name="error" />}
        {title}
      </h2>
      {children}
    </div>
  )
}

/** What went wrong, from a thrown thing. */
export function explain(error: unknown): { title: string; detail: string } {
  const detail = error instanceof Error ? error.message : String(error)
  if (!(error instanceof ApiError)) return { title: 'This page has failed', detail }
  if (error.status === 0) return { title: 'No answer from the server', detail }
  if (error.status === 400) return { title: 'The server does not accept this search', detail }
  if (error.status === 404) return { title: 'Not found', detail }
  if (error.status === 503 || error.status === 429) return { title: 'The server is busy', detail }
  return { title: `The server failed (${error.status})`, detail }
}

export function ErrorMessage({ error, retry }: { error: unknown; retry?: () => void }) {
  const { title, detail } = explain(error)
  return (
    <Message title={title} tone="error">
      <p className="detail">{detail}</p>
      {retry !== undefined && (
        <p>
          <button type="button" className="button" onClick={retry}>
            Try again
          </button>
        </p>
      )}
    </Message>
  )
}

export function NotFoundPage() {
  useTitle('No such page')
  return (
    <Message title="There is no such page">
      <p>The address is not one of Spoor's. Perhaps it was cut when it was copied.</p>
      <p>
        <Link className="button" to="/search">
          Search for traces
        </Link>
      </p>
    </Message>
  )
}

export function NotYetPage({ what }: { what: string }) {
  useTitle(what)
  return (
    <Message title={`${what} is not part of this version yet`}>
      <p>The link is valid and will open here once this page exists.</p>
      <p>
        <Link className="button" to="/search">
          Search for traces
        </Link>
      </p>
    </Message>
  )
}

export function Loading({ what }: { what: string }) {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" />
      {what}
    </div>
  )
}
