// A button that lets the reader choose files to open, and opens them.

import { useRef, type ReactNode } from 'react'
import { useFiles } from './context.tsx'
import { Icon } from './icons.tsx'

const TYPES = '.json,.jsonl,.ndjson,.gz,application/json'

interface Props {
  readonly primary?: boolean
  readonly onOpened?: () => void
  readonly children: ReactNode
}

export function FileButton({ primary = false, onOpened, children }: Props) {
  const files = useFiles()
  const input = useRef<HTMLInputElement>(null)
  const open = async (list: FileList | null): Promise<void> => {
    const chosen = [...(list ?? [])]
    // The same file can be chosen again.
    if (input.current !== null) input.current.value = ''
    await files.open(chosen)
    if (chosen.length > 0) onOpened?.()
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        accept={TYPES}
        hidden
        aria-label="Files with traces"
        onChange={(event) => void open(event.target.files)}
      />
      <button type="button" className={primary ? 'button primary' : 'button'} onClick={() => input.current?.click()}>
        <Icon name="open" />
        {children}
      </button>
    </>
  )
}
