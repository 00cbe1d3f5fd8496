// The trace in other forms: links that open or save it. What is read from a file has none: the file is the reader's own.

import { useEffect, useRef } from 'react'
import { serverUrl } from '../../base/base-path.ts'
import { formatQueryString } from '../../base/search-url.ts'
import { Icon } from '../../widgets/icons.tsx'

export function ViewMenu({ traceId }: { traceId: string }) {
  const menu = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    const close = (event: Event): void => {
      const inside = event.target instanceof Node && menu.current?.contains(event.target) === true
      if (menu.current !== null && !inside) menu.current.open = false
    }
    document.addEventListener('pointerdown', close)
    document.addEventListener('focusin', close)
    return () => {
      document.removeEventListener('pointerdown', close)
      document.removeEventListener('focusin', close)
    }
  }, [])
  const id = encodeURIComponent(traceId)
  const json = (parameters: Readonly<Record<string, string>>): string =>
    serverUrl(`api/traces/${id}${formatQueryString({ ...parameters, prettyPrint: 'true' })}`)
  const otlp = (format: string): string => serverUrl(`api/x/v1/traces/${id}/otlp${formatQueryString({ format })}`)
  return (
    <details
      ref={menu}
      className="menu"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || menu.current?.open !== true) return
        menu.current.open = false
        menu.current.querySelector('summary')?.focus()
        event.preventDefault()
      }}
    >
      <summary className="button small">
        <Icon name="save" />
        Data
      </summary>
      <ul>
        <li>
          <a href={json({})} target="_blank" rel="noreferrer">
            JSON
          </a>
        </li>
        <li>
          <a href={json({ raw: 'true' })} target="_blank" rel="noreferrer">
            JSON, unadjusted
          </a>
        </li>
        <li>
          <a href={otlp('json')} download>
            OTLP JSON, download
          </a>
        </li>
        <li>
          <a href={otlp('proto')} download>
            OTLP protobuf, download
          </a>
        </li>
      </ul>
    </details>
  )
}
