// The drawing as a file that stands on its own: whole, unzoomed, with its colours written into it.

import type { Size } from '../../graph/viewport.ts'

const PROPERTIES = [
  'fill',
  'stroke',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
  'visibility',
]

/** A copy with computed styles instead of classes. */
function standalone(svg: SVGSVGElement, { width, height }: Size): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement
  const originals = svg.querySelectorAll('g, path, rect, text')
  copy.querySelectorAll('g, path, rect, text').forEach((element, i) => {
    const original = originals[i]
    if (original === undefined) return
    const style = getComputedStyle(original)
    for (const name of PROPERTIES) element.setAttribute(name, style.getPropertyValue(name))
    for (const name of [
      'class',
      'style',
      'role',
      'tabindex',
      'aria-pressed',
      'aria-label',
      'data-service',
      'data-edge',
    ])
      element.removeAttribute(name)
  })
  copy.querySelectorAll('[stroke="transparent"], [stroke="rgba(0, 0, 0, 0)"]').forEach((element) => element.remove())
  copy.querySelector('g')?.removeAttribute('transform')
  for (const name of copy.getAttributeNames()) copy.removeAttribute(name)
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('viewBox', `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`)
  copy.setAttribute('width', String(Math.ceil(width)))
  copy.setAttribute('height', String(Math.ceil(height)))
  copy.setAttribute('style', `background: ${getComputedStyle(svg).backgroundColor}`)
  return copy
}

/** `name` is the file's, without its ending. */
export function saveSvg(svg: SVGSVGElement, drawing: Size, name = 'dependencies'): void {
  const text = new XMLSerializer().serializeToString(standalone(svg, drawing))
  const address = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }))
  const link = document.createElement('a')
  link.href = address
  link.download = `${name}.svg`
  link.click()
  URL.revokeObjectURL(address)
}
