// Help for a terminal of 80 columns: the overview of roles and tools, and the options of one role. Pure.

import { CONFIG_FILE, envName, indexOptions, type NamedOption } from '../config/names.ts'
import { defaultText } from '../config/print.ts'
import { defaultRole, TOOLS, type RoleList } from './roles.ts'

const COLUMNS = 80

export function overview(roles: RoleList): string {
  const preset = defaultRole(roles)
  const lines = [
    'Spoor: distributed tracing in one program',
    '',
    'Usage: spoor [ROLE] [--OPTION=VALUE...]',
    '',
    'Roles',
  ]
  for (const [name, { summary }] of Object.entries(roles)) {
    lines.push(...wrap(`${name}${name === preset ? ' (default)' : ''}: ${summary}`, 2, 6))
  }
  lines.push('', 'Tools')
  for (const { usage, summary } of Object.values(TOOLS)) lines.push(`  ${usage}`, ...wrap(summary, 6))
  lines.push('', ...wrap(`The options of a role: spoor ${preset} --help`, 0))
  return `${lines.join('\n')}\n`
}

/** `name` is in `roles`. */
export function roleHelp(name: string, roles: RoleList): string {
  const role = roles[name]
  if (role === undefined) throw new Error(`no role ${name}`)
  const lines = wrap(`${name}: ${role.summary}`, 0)
  lines.push('', `Usage: spoor ${name} [--OPTION=VALUE...]`, '')
  lines.push(
    ...wrap(
      `An option is a flag, a key in the file that --${CONFIG_FILE.name} names, or an environment variable in upper case ` +
        `with _ for . and - (${envName(CONFIG_FILE.name)}). A flag overrides a variable, a variable the file, and the file ` +
        "the default. Jaeger's names work in all three places.",
      0,
    ),
  )
  for (const { title, options } of indexOptions(role.sections).groups) {
    lines.push('', title, ...options.flatMap(optionHelp))
  }
  lines.push('', 'Help', '  -h, --help', ...wrap('This text.', 6), '')
  return lines.join('\n')
}

function optionHelp(named: NamedOption): string[] {
  const { option, info } = named
  const preset = defaultText(named)
  const head = `--${option.name}=${info.kind}`
  const suffix = preset === '' || option.secret ? '' : ` (default ${preset})`
  const lines = wrap(`${head}${suffix}`, 2, 6)
  lines.push(...wrap(option.help, 6))
  const notes = []
  if (info.shape === 'list') notes.push('May be given several times.')
  if (option.aliases.length > 0) notes.push(`Jaeger: ${option.aliases.map((alias) => `--${alias}`).join(' ')}`)
  if (option.env.length > 0) notes.push(`Variable: ${option.env.join(' ')}`)
  return [...lines, ...notes.flatMap((note) => wrap(note, 6))]
}

/** Lines of at most 80 columns. A word longer than a line is cut, after `|` or `,` where it has one. */
function wrap(text: string, indent: number, hanging: number = indent): string[] {
  const lines: string[] = []
  let line = ''
  const room = (): number => COLUMNS - (lines.length === 0 ? indent : hanging)
  const flush = (): void => {
    lines.push(' '.repeat(lines.length === 0 ? indent : hanging) + line)
    line = ''
  }
  for (let word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > room()) flush()
    while (word.length > room()) {
      const piece = /^.*[|,]/.exec(word.slice(0, room()))?.[0] ?? word.slice(0, room())
      line = piece
      word = word.slice(piece.length)
      flush()
    }
    line += line === '' ? word : ` ${word}`
  }
  if (line !== '') flush()
  return lines
}
