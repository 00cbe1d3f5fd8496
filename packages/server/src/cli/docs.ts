// The tables of docs/configuration.md, made from the options themselves so that they cannot disagree with the program.

import { indexOptions, type NamedOption, type OptionGroup } from '../config/names.ts'
import { defaultText } from '../config/print.ts'
import { defaultRole, type RoleList } from './roles.ts'

const INTRODUCTION = `# Configuration

Made by \`spoor docs\`: edit the options, not this file.

The strongest source wins: a flag, then an environment variable, then the file, then the default.

- **Flags**: \`--NAME=VALUE\` or \`--NAME VALUE\`; for true or false \`--NAME\` alone is true. A list takes commas or
  several flags; any other flag given twice takes the last.
- **Environment**: the name in upper case with \`_\` for \`.\` and \`-\`, such as \`LOG_LEVEL\`. A variable that is set but
  empty counts as not set.
- **File**: \`--config-file\` names a YAML or JSON file. Keys are names, nested at the dots or not.
- **Jaeger's names** work in all three places. Giving two names of one option different values in the same place is an
  error.

An unknown flag or key is an error that names it, and so is a value that an option does not take.
\`spoor print-config\` takes the same flags and prints what is in force and where each value came from, as a file that can
be loaded; secrets stay hidden.

\`\`\`yaml
log-level: debug
otlp:
  grpc:
    host-port: 127.0.0.1:4317
\`\`\`
`

export function configurationMarkdown(roles: RoleList): string {
  const groups = new Map<string, { group: OptionGroup; roles: string[] }>()
  for (const [role, { sections }] of Object.entries(roles)) {
    for (const group of indexOptions(sections).groups) {
      const known = groups.get(group.title)
      if (known === undefined) groups.set(group.title, { group, roles: [role] })
      else known.roles.push(role)
    }
  }
  const many = Object.keys(roles).length > 1
  const parts = [INTRODUCTION, ...roleTable(roles)]
  for (const { group, roles: users } of groups.values()) {
    const usedBy = many && users.length < Object.keys(roles).length ? [`Roles: ${users.join(', ')}`, ''] : []
    parts.push(['', `## ${group.title}`, '', ...usedBy, ...HEADING, ...group.options.map(row), ''].join('\n'))
  }
  return parts.join('')
}

function roleTable(roles: RoleList): string[] {
  const preset = defaultRole(roles)
  const rows = Object.entries(roles).map(
    ([name, { summary }]) => `| \`${name}\`${name === preset ? ' (default)' : ''} | ${cell(summary)} |`,
  )
  return [['', '## Roles', '', '| Role | What it is |', '|---|---|', ...rows, ''].join('\n')]
}

const HEADING = ["| Option | Value | Default | What it does | Jaeger's names |", '|---|---|---|---|---|']

function row(named: NamedOption): string {
  const { option, info } = named
  const preset = defaultText(named)
  const others = [...option.aliases.map((alias) => `--${alias}`), ...option.env].map(code)
  const cells = [code(`--${option.name}`), code(info.kind), preset === '' ? '' : code(preset), cell(option.help)]
  return `| ${[...cells, others.join(' ')].join(' | ')} |`
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``
}

/** Plain text in a table cell. */
function cell(text: string): string {
  return text.replaceAll(/[\\|<>*_`[\]]/g, (character) => `\\${character}`)
}
