// Moving and zooming the drawing: mouse, wheel, two fingers, keys. The result is one transform.

import { useEffect, useRef, useState, type PointerEvent, type RefObject } from 'react'
import type { Point } from '../../graph/layout.ts'
import { centre, fit, isInside, pan, start, zoomAt, type Size, type Viewport } from '../../graph/viewport.ts'

const KEY_STEP = 60
const KEY_ZOOM = 1.25
/** A press that moves less is a click. */
const CLICK_PX = 4

const KEYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [KEY_STEP, 0],
  ArrowRight: [-KEY_STEP, 0],
  ArrowUp: [0, KEY_STEP],
  ArrowDown: [0, -KEY_STEP],
}

export interface Moves {
  readonly viewport: Viewport
  readonly zoom: (factor: number) => void
  readonly fit: () => void
  /** Brings a point to the middle; `reveal` only where it is out of sight. */
  readonly show: (point: Point) => void
  readonly reveal: (point: Point) => void
  /** From now on the drawing stays where it is when the window changes. */
  readonly touch: () => void
  /** True where the key was one of ours. */
  readonly key: (key: string) => boolean
  readonly pointer: {
    readonly onPointerDown: (event: PointerEvent<SVGSVGElement>) => void
    readonly onPointerMove: (event: PointerEvent<SVGSVGElement>) => void
    readonly onPointerUp: (event: PointerEvent<SVGSVGElement>) => void
    readonly onPointerCancel: (event: PointerEvent<SVGSVGElement>) => void
  }
  /** Whether the press that just ended moved the drawing. */
  readonly moved: () => boolean
}

function useWheel(svg: RefObject<SVGSVGElement | null>, onWheel: (event: WheelEvent) => void): void {
  const latest = useRef(onWheel)
  useEffect(() => {
    latest.current = onWheel
  })
  useEffect(() => {
    const element = svg.current
    if (element === null) return
    // React's own wheel listener is passive and could not keep the page from scrolling.
    const listener = (event: WheelEvent): void => latest.current(event)
    element.addEventListener('wheel', listener, { passive: false })
    return () => element.removeEventListener('wheel', listener)
  }, [svg])
}

/** `focus` is the point to begin at where not all of the drawing can be read at once. */
export function useViewport(svg: RefObject<SVGSVGElement | null>, drawing: Size, window: Size, focus: Point): Moves {
  const [viewport, setViewport] = useState(() => start(drawing, window, focus))
  const [made, setMade] = useState({ drawing, window })
  const [touched, setTouched] = useState(false)
  const fingers = useRef(new Map<number, Point>())
  const moved = useRef(0)
  if (made.drawing !== drawing || made.window !== window) {
    setMade({ drawing, window })
    // Another drawing begins anew; another size of the window leaves what the reader has moved where it is.
    if (made.drawing !== drawing || !touched) setViewport(start(drawing, window, focus))
    if (made.drawing !== drawing) setTouched(false)
  }
  const change = (next: (now: Viewport) => Viewport): void => {
    setTouched(true)
    setViewport(next)
  }
  const middle = { x: window.width / 2, y: window.height / 2 }
  const zoomBy = (factor: number, at: Point): void => change((now) => zoomAt(now, factor, at))
  const panBy = (dx: number, dy: number): void => change((now) => pan(now, dx, dy, drawing, window))
  const inside = (event: { clientX: number; clientY: number }): Point => {
    const box = svg.current?.getBoundingClientRect()
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) }
  }
  useWheel(svg, (event) => {
    event.preventDefault()
    const unit = event.deltaMode === 1 ? 16 : 1
    if (event.shiftKey && !event.ctrlKey) panBy(-(event.deltaX + event.deltaY) * unit, 0)
    else zoomBy(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0015)), inside(event))
  })
  const release = (event: PointerEvent<SVGSVGElement>): void => void fingers.current.delete(event.pointerId)
  return {
    viewport,
    zoom: (factor) => zoomBy(factor, middle),
    fit: () => change(() => fit(drawing, window)),
    touch: () => setTouched(true),
    reveal: (point) => setViewport((now) => (isInside(now, window, point) ? now : centre(now, drawing, window, point))),
    show: (point) => change((now) => centre(now, drawing, window, point)),
    key: (key) => {
      const step = KEYS[key]
      if (step !== undefined) panBy(...step)
      else if (key === '+' || key === '=') zoomBy(KEY_ZOOM, middle)
      else if (key === '-') zoomBy(1 / KEY_ZOOM, middle)
      else if (key === '0') change(() => fit(drawing, window))
      else return false
      return true
    },
    moved: () => moved.current > CLICK_PX,
    pointer: {
      onPointerDown: (event) => {
        if (fingers.current.size === 0) moved.current = 0
        fingers.current.set(event.pointerId, inside(event))
      },
      onPointerMove: (event) => {
        const before = fingers.current.get(event.pointerId)
        if (before === undefined) return
        const now = inside(event)
        moved.current += Math.hypot(now.x - before.x, now.y - before.y)
        if (moved.current > CLICK_PX) event.currentTarget.setPointerCapture(event.pointerId)
        const other = [...fingers.current].find(([id]) => id !== event.pointerId)?.[1]
        fingers.current.set(event.pointerId, now)
        if (other === undefined) return panBy(now.x - before.x, now.y - before.y)
        const apart = (point: Point): number => Math.hypot(point.x - other.x, point.y - other.y) || 1
        zoomBy(apart(now) / apart(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 })
      },
      onPointerUp: release,
      onPointerCancel: release,
    },
  }
}
