// The size of an element, as it changes.

import { useEffect, useState, type RefObject } from 'react'
import type { Size } from '../../graph/viewport.ts'

/** Whole pixels; undefined until it is known. */
export function useSize(box: RefObject<HTMLDivElement | null>): Size | undefined {
  const [size, setSize] = useState<Size>()
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {}
      if (width > 0 && height > 0) setSize({ width: Math.floor(width), height: Math.floor(height) })
    })
    if (box.current !== null) observer.observe(box.current)
    return () => observer.disconnect()
  }, [box])
  return size
}
