// `npm run sim [-- --seeds 4 --step 1 …]`: tries many days with many crashes and faults, prints what went wrong, one paragraph for
// each kind of it, with the command that has it again. Ends with 1 where anything went wrong.

import { parseArgs } from 'node:util'
import { CRASHES } from '@spoor/testkit/faults/sim-disk'
import { explore, FAULTS, type Finding } from './explore.ts'

const HELP = `npm run sim -- [options]
  --seed N     first seed (0)
  --seeds N    how many seeds (2)
  --step N     every so many operations (7; 1: all, about a quarter of an hour a seed)
  --first N    begin with this operation (0)
  --only TEXT  only operations whose name and path match this pattern
  --crashes L  of ${CRASHES.join(',')} (all; none: '-')
  --faults L   of ${FAULTS.join(',')} (all; none: '-')`

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '0' },
    seeds: { type: 'string', default: '2' },
    step: { type: 'string', default: '7' },
    first: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
    crashes: { type: 'string', default: CRASHES.join(',') },
    faults: { type: 'string', default: FAULTS.join(',') },
    help: { type: 'boolean', default: false },
  },
})

const PROBLEMS_SHOWN = 8

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function show(finding: Finding, isNew: boolean): void {
  const { seed, operation, crash, fault, twice, problems } = finding
  const what = `seed ${seed}, operation ${operation.number} (${operation.what} ${operation.path})`
  const how = `${fault === undefined ? '' : `fails (${fault}), `}then a crash that leaves '${crash}'${twice === true ? ', twice' : ''}`
  say(`${what}: ${how}`)
  if (!isNew) return
  for (const problem of problems.slice(0, PROBLEMS_SHOWN)) say(`    ${problem}`)
  if (problems.length > PROBLEMS_SHOWN) say(`    … and ${problems.length - PROBLEMS_SHOWN} more`)
  const again = fault === undefined ? `--crashes ${crash} --faults -` : `--crashes - --faults ${fault}`
  say(`    again: npm run sim -- --seed ${seed} --seeds 1 --step 1000000 --first ${operation.number} ${again}`)
}

/** The same wrong, but for its numbers. */
function kindOf({ fault, problems }: Finding): string {
  return `${fault ?? ''} ${problems[0]?.replaceAll(/[0-9a-f]{2,}|\d/g, '#') ?? ''}`
}

async function main(): Promise<number> {
  if (values.help) {
    say(HELP)
    return 0
  }
  const kinds = new Set<string>()
  let tries = 0
  let wrong = 0
  const listed = <T extends string>(all: readonly T[], text: string): T[] =>
    all.filter((one) => text.split(',').includes(one))
  for (let seed = Number(values.seed); seed < Number(values.seed) + Number(values.seeds); seed++) {
    await explore({
      seed,
      step: Number(values.step),
      first: Number(values.first),
      ...(values.only === '' ? {} : { only: new RegExp(values.only) }),
      crashes: listed(CRASHES, values.crashes),
      faults: listed(FAULTS, values.faults),
      onTry(finding) {
        tries++
        if (finding === undefined) return
        wrong++
        show(finding, !kinds.has(kindOf(finding)))
        kinds.add(kindOf(finding))
      },
    })
    say(`seed ${seed}: ${tries} tries so far, ${wrong} went wrong, of ${kinds.size} kinds`)
  }
  return wrong === 0 ? 0 : 1
}

process.exitCode = await main()
