// The admin port's metrics as numbers, read with a parser of the text format that is not Spoor's own code.

/** The sum over all series of `name` that carry `labels`; 0 where there is none. */
export type Count = (name: string, labels?: Readonly<Record<string, string>>) => number

const SERIES = /^([\w:]+)(?:\{(.*)\})? (\S+)$/gm
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g

export async function scrape(admin: string): Promise<Count> {
  const answer = await fetch(`${admin}/metrics`)
  if (answer.status !== 200) throw new Error(`metrics: ${answer.status}`)
  const series = [...(await answer.text()).matchAll(SERIES)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key = '', text]) => [key, text])),
    value: Number(value),
  }))
  return (name, labels = {}) =>
    series
      .filter((one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text))
      .reduce((sum, { value }) => sum + value, 0)
}
