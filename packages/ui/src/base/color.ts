// The colour of a service: a hash of its name picks one of 20 fixed steps, so that it is the same on every page, in every
// trace and on every machine. Colour is never the only carrier: the name stands beside it.

export const PALETTE_SIZE = 20

/** Chosen so that the names of well-known demo systems fall apart well; changing it changes every colour. */
const SEED = 1972

/** FNV-1a over UTF-16 units, mixed as in Murmur 3: `svc-1` and `svc-2` must not get neighbouring colours. */
export function serviceColorIndex(service: string): number {
  let hash = 0x811c9dc5 ^ SEED
  for (let i = 0; i < service.length; i++) hash = Math.imul(hash ^ service.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) % PALETTE_SIZE
}

/** Lightness, chroma and hue. Ten hues (without the red of errors) in two lightnesses: 20 hues alone look too alike. */
export function paletteStep(index: number, dark: boolean): { l: number; c: number; h: number } {
  const h = (58 + Math.floor(index / 2) * 31.5) % 360
  const strong = index % 2 === 0
  if (dark) return strong ? { l: 0.8, c: 0.11, h } : { l: 0.65, c: 0.11, h }
  return strong ? { l: 0.52, c: 0.125, h } : { l: 0.65, c: 0.11, h }
}

function oklch(index: number, dark: boolean): string {
  const { l, c, h } = paletteStep(index, dark)
  return `oklch(${l} ${c} ${h.toFixed(1)})`
}

/** Black or white: what can be read on that step. */
export function textOn(index: number, dark: boolean): string {
  return paletteStep(index, dark).l < 0.6 ? '#fff' : '#000'
}

/** Custom properties --svc-0 … --svc-19 with a value for each theme. */
export function paletteCss(): string {
  let css = ''
  for (let i = 0; i < PALETTE_SIZE; i++) css += `--svc-${i}:light-dark(${oklch(i, false)},${oklch(i, true)});`
  return `:root{${css}}`
}

export function serviceColorVar(service: string): string {
  return `var(--svc-${serviceColorIndex(service)})`
}

/** The same colours for a canvas, which knows no custom properties. */
export function paletteColors(dark: boolean): string[] {
  return Array.from({ length: PALETTE_SIZE }, (_, i) => oklch(i, dark))
}
