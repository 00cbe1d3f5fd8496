// The colours a canvas needs, resolved from the page's own custom properties, so that there is one source for both.

import { paletteColors } from '../base/color.ts'

export interface CanvasTheme {
  readonly dark: boolean
  readonly palette: readonly string[]
  readonly background: string
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly lineStrong: string
  readonly accent: string
  readonly shade: string
  readonly error: string
  readonly warn: string
  readonly font: string
}

/** `element` is any element on the page; its computed styles resolve light-dark(). */
export function readTheme(element: Element): CanvasTheme {
  const probe = document.createElement('span')
  probe.style.display = 'none'
  element.append(probe)
  const resolve = (name: string): string => {
    probe.style.color = `var(${name})`
    return getComputedStyle(probe).color
  }
  const forced = document.documentElement.dataset['theme']
  const dark = forced === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : forced === 'dark'
  const theme = {
    dark,
    palette: paletteColors(dark),
    background: resolve('--surface'),
    text: resolve('--text'),
    muted: resolve('--text-muted'),
    line: resolve('--line'),
    lineStrong: resolve('--line-strong'),
    accent: resolve('--accent'),
    shade: resolve('--shade'),
    error: resolve('--error'),
    warn: resolve('--warn'),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
  }
  probe.remove()
  return theme
}

/** Sizes a canvas to its box in device pixels and returns a context that counts in CSS pixels. */
export function fitCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  const ratio = Math.min(3, devicePixelRatio || 1)
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))]
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w
    canvas.height = h
    canvas.style.width = `${width}px`
    canvas.style.height = `${height}px`
  }
  const context = canvas.getContext('2d')
  context?.setTransform(ratio, 0, 0, ratio, 0, 0)
  return context ?? undefined
}
