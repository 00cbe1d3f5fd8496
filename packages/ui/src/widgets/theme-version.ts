// A number that changes whenever colours do (theme button, system switch, contrast), for what draws on a canvas.

import { useEffect, useState } from 'react'
import { useSettings } from './context.tsx'

export function useThemeVersion(): number {
  const { theme } = useSettings()
  const [version, setVersion] = useState(0)
  useEffect(() => {
    const changed = (): void => setVersion((before) => before + 1)
    // The attribute on <html> is set in an effect of the layout, which runs after those of its children.
    const frame = requestAnimationFrame(changed)
    const queries = [matchMedia('(prefers-color-scheme: dark)'), matchMedia('(prefers-contrast: more)')]
    for (const query of queries) query.addEventListener('change', changed)
    return () => {
      cancelAnimationFrame(frame)
      for (const query of queries) query.removeEventListener('change', changed)
    }
  }, [theme])
  return version
}
