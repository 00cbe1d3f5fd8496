// Takes files that are dropped anywhere on the search page. Dragging has a button beside it (file-button.tsx).

import { useRef, useState, type ComponentPropsWithoutRef, type DragEvent } from 'react'
import { useFiles, useGo } from '../../widgets/context.tsx'
import { FILES_PATH } from './search-tabs.tsx'

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer.types.includes('Files')
}

export function DropTarget({ children, ...rest }: ComponentPropsWithoutRef<'div'>) {
  const files = useFiles()
  const go = useGo()
  const [over, setOver] = useState(false)
  /** Enters without their leave: each element on the way counts. */
  const depth = useRef(0)
  const enter = (event: DragEvent, by: 1 | -1): void => {
    if (!hasFiles(event)) return
    depth.current = Math.max(0, depth.current + by)
    setOver(depth.current > 0)
  }
  const drop = (event: DragEvent): void => {
    if (!hasFiles(event)) return
    event.preventDefault()
    depth.current = 0
    setOver(false)
    void files.open([...event.dataTransfer.files])
    go(FILES_PATH)
  }
  return (
    <div
      {...rest}
      onDragEnter={(event) => enter(event, 1)}
      onDragLeave={(event) => enter(event, -1)}
      onDragOver={(event) => hasFiles(event) && event.preventDefault()}
      onDrop={drop}
    >
      {children}
      {over && (
        <div className="drop-veil" aria-hidden="true">
          Drop files to open their traces
        </div>
      )}
    </div>
  )
}
