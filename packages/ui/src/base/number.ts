// Counts and shares as people read them.

const exact = new Intl.NumberFormat('en')

/** `1,234,567` */
export function formatCount(value: number): string {
  return exact.format(value)
}

/** `1 call`, `1,234 calls`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${formatCount(value)} ${value === 1 ? one : many}`
}

/** `987`, `1.2k`, `35k`, `4.1M`: for places with room for five letters. */
export function compactCount(value: number): string {
  if (value < 1000) return String(value)
  const [unit, name] = value < 999_500 ? [1e3, 'k'] : value < 999_500_000 ? [1e6, 'M'] : [1e9, 'G']
  const scaled = value / unit
  return `${scaled < 9.95 ? scaled.toFixed(1).replace('.0', '') : Math.round(scaled)}${name}`
}

/** `0 %`, `< 0.1 %`, `3.4 %`, `25 %`, of a share between 0 and 1. Never 100 where something is left. */
export function formatShare(share: number): string {
  const percent = share * 100
  if (percent === 0) return '0 %'
  if (percent < 0.1) return '< 0.1 %'
  if (percent < 9.95) return `${percent.toFixed(1).replace('.0', '')} %`
  return `${percent > 99 && percent < 100 ? '> 99' : Math.round(percent)} %`
}
