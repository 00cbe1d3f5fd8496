// A real link (middle click, copy address and right click work) that changes the page without loading it anew.

import type { ComponentPropsWithRef, MouseEvent } from 'react'
import { basePath } from '../base/base-path.ts'
import { useGo } from './context.tsx'

export function Link({ to, onClick, children, ...rest }: { to: string } & Omit<ComponentPropsWithRef<'a'>, 'href'>) {
  const go = useGo()
  const follow = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event)
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (!plain || event.defaultPrevented) return
    event.preventDefault()
    go(to)
  }
  return (
    <a href={basePath() + to.slice(1)} onClick={follow} {...rest}>
      {children}
    </a>
  )
}
