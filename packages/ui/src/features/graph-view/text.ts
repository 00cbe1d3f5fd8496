// Texts in a drawing: how wide they are, and how they are made to fit.

const MAX_TEXT = 190

/** Width in px of texts in the page's font; `font` is what stands before the family: `12.5px`, `600 12.5px`. */
export function textWidth(font: string): (text: string) => number {
  const context = document.createElement('canvas').getContext('2d')
  if (context !== null) context.font = `${font} ${getComputedStyle(document.body).fontFamily}`
  return (text) => context?.measureText(text).width ?? text.length * 7
}

/** As much of the text as fits, with an ellipsis where some is left out. */
export function shorten(text: string, width: (text: string) => number, most = MAX_TEXT): string {
  if (width(text) <= most) return text
  let [low, high] = [1, text.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (width(`${text.slice(0, middle)}…`) <= most) low = middle
    else high = middle - 1
  }
  return `${text.slice(0, low)}…`
}
