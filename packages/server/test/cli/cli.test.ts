// From words to a command, and what the tools print.

import { describe, expect, test } from 'vitest'
import { SpoorError } from '@spoor/core/base/errors'
import { parseCommand, type Command } from '../../src/cli/command.ts'
import { configurationMarkdown } from '../../src/cli/docs.ts'
import { overview, roleHelp } from '../../src/cli/help.ts'
import { TOOLS, type RoleList } from '../../src/cli/roles.ts'
import { runTool } from '../../src/cli/tools.ts'
import { memorySection } from '../../src/storage/memory/config.ts'
import { indexOptions } from '../../src/config/names.ts'
import { option } from '../../src/config/section.ts'
import { choice } from '../../src/config/values.ts'
import { load, sections } from '../config/sections.ts'

const wide = option(
  'wide',
  choice(Array.from({ length: 20 }, (_, at) => `choice-${at}`)).prefault('choice-1'),
  'x'.repeat(200),
)
const roles: RoleList = {
  'all-in-one': { summary: 'all parts in one program', sections },
  query: {
    summary: 'the API and the UI',
    sections: {
      memory: memorySection,
      wide: { title: 'Wide', options: { wide } },
      none: { title: 'Without options', options: {} },
    },
  },
}

function parse(line: string, program: string = '/usr/bin/spoor'): Command {
  return parseCommand(line === '' ? [] : line.split(' '), program, roles)
}

function refusal(line: string, program?: string): SpoorError {
  let thrown: unknown
  try {
    parse(line, program)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(SpoorError)
  return thrown as SpoorError
}

describe('a command line', () => {
  const start = (role: string, ...argv: string[]): Command => ({ kind: 'start', role, argv })
  test.each<[string, Command]>([
    ['', start('all-in-one')],
    ['--log-level debug', start('all-in-one', '--log-level', 'debug')],
    ['all-in-one', start('all-in-one')],
    ['query --log-level=debug x', start('query', '--log-level=debug', 'x')],
    ['query -- --help', start('query', '--', '--help')],
    ['help', { kind: 'help', role: undefined }],
    ['--help', { kind: 'help', role: undefined }],
    ['-h', { kind: 'help', role: undefined }],
    ['help query', { kind: 'help', role: 'query' }],
    ['query help', { kind: 'help', role: 'query' }],
    ['query --log-level=x --help', { kind: 'help', role: 'query' }],
    ['print-config', { kind: 'print-config', role: 'all-in-one', argv: [] }],
    ['print-config query --a=b', { kind: 'print-config', role: 'query', argv: ['--a=b'] }],
    ['query print-config --a=b', { kind: 'print-config', role: 'query', argv: ['--a=b'] }],
    ['version', { kind: 'version', json: false }],
    ['version --json', { kind: 'version', json: true }],
    ['--version', { kind: 'version', json: false }],
    ['docs', { kind: 'docs' }],
    ['store check --json', { kind: 'store', role: 'all-in-one', argv: ['check', '--json'] }],
    ['store delete --help', { kind: 'store', role: 'all-in-one', argv: ['delete', '--help'] }],
  ])('spoor %s', (line, command) => {
    expect(parse(line)).toEqual(command)
  })

  test.each<[string, string]>([
    ['/go/bin/all-in-one-linux', 'all-in-one'],
    ['/go/bin/all-in-one-linux-amd64', 'all-in-one'],
    ['/go/bin/all-in-one-debug-linux-arm64', 'all-in-one'],
    ['./jaeger-all-in-one', 'all-in-one'],
    ['jaeger-query', 'query'],
    ['/go/bin/query-linux', 'query'],
    ['C:\\jaeger\\jaeger-query.exe', 'query'],
    ['/opt/spoor/packages/server/bin/spoor.js', 'all-in-one'],
    ['/opt/spoor/packages/server/src/main.ts', 'all-in-one'],
    ['/opt/query/main', 'all-in-one'],
  ])('called as %s it is %s', (program, role) => {
    expect(parse('--a=b', program)).toEqual({ kind: 'start', role, argv: ['--a=b'] })
  })

  test('under a name of Jaeger it still has its tools, but no other role', () => {
    expect(parse('version', 'jaeger-query')).toEqual({ kind: 'version', json: false })
    expect(parse('print-config --a', 'jaeger-query')).toEqual({ kind: 'print-config', role: 'query', argv: ['--a'] })
    expect(parse('--help', 'jaeger-query')).toEqual({ kind: 'help', role: 'query' })
    // The flag parser refuses the word.
    expect(parse('all-in-one', 'jaeger-query')).toEqual({ kind: 'start', role: 'query', argv: ['all-in-one'] })
  })

  test('a role that does not exist', () => {
    expect(refusal('qurey').message.split('\n')).toEqual([
      'there is no role or tool qurey; did you mean query?',
      'roles:',
      '  all-in-one: all parts in one program',
      '  query: the API and the UI',
      'tools: help, print-config, version, docs, store',
    ])
    expect(refusal('toString')).toMatchObject({ kind: 'invalid', code: 'bad_command', field: 'toString' })
    const collector = 'this version of Spoor has no collector (you asked for that role); it has: all-in-one, query'
    expect(refusal('collector')).toMatchObject({ kind: 'unsupported', code: 'unsupported_role', message: collector })
    expect(refusal('', '/go/bin/agent-linux').message).toBe(
      'this version of Spoor has no agent (called as agent-linux, it would take that role); it has: all-in-one, query',
    )
  })

  test('words that a tool does not take', () => {
    expect(refusal('version --jsno').message).toBe('unexpected --jsno; usage: spoor version [--json]')
    expect(refusal('version --json x').message).toBe('unexpected x; usage: spoor version [--json]')
    expect(refusal('docs --x').message).toBe('unexpected --x; usage: spoor docs')
    expect(refusal('help query x').message).toBe('unexpected x; usage: spoor help [ROLE]')
  })
})

describe('help', () => {
  test('has every option with its kind, default, text and other names, on 80 columns', () => {
    for (const [name, role] of Object.entries(roles)) {
      const help = roleHelp(name, roles)
      // Words that wrap are joined again; a choice may be cut behind |.
      const flat = help.replaceAll(/\s+/g, ' ').replaceAll('| ', '|')
      for (const { option, info } of indexOptions(role.sections).options) {
        expect(flat).toContain(`--${option.name}=${info.kind}`)
        expect(flat.replaceAll(' ', '')).toContain(option.help.replaceAll(' ', ''))
        for (const alias of option.aliases) expect(flat).toContain(`--${alias}`)
        for (const variable of option.env) expect(flat).toContain(variable)
      }
      for (const { title, options } of Object.values(role.sections)) {
        expect(help.includes(`\n${title}\n`)).toBe(Object.keys(options).length > 0)
      }
      expectColumns(help)
    }
    const help = roleHelp('all-in-one', roles)
    expect(help).toContain('--door.timeout=DURATION (default 1m30s)\n')
    expect(help).toContain('--door.host-port=HOST:PORT (default :80)\n')
    expect(help).toContain('--door.tls=true|false (default false)\n')
    expect(help).toContain('--door.tls.ca=FILE\n')
  })

  test('the overview has every role and tool', () => {
    const text = overview(roles)
    for (const [name, { summary }] of Object.entries(roles))
      expect(text).toMatch(new RegExp(`  ${name}.*: ${summary}\n`))
    for (const { usage, summary } of Object.values(TOOLS)) expect(text).toContain(`  ${usage}\n      ${summary}\n`)
    expectColumns(text)
  })
})

function expectColumns(text: string): void {
  expect(text.endsWith('\n')).toBe(true)
  expect(text.split('\n').filter((line) => line.length > 80 || /\s$/.test(line))).toEqual([])
}

describe('docs', () => {
  test('have one row for every option, and name the roles of a section that only some have', () => {
    const markdown = configurationMarkdown(roles)
    const rows = markdown.split('\n').filter((line) => line.startsWith('| `--'))
    const names = Object.values(roles).flatMap((role) =>
      indexOptions(role.sections).options.map(({ option }) => option.name),
    )
    const inRows = rows.map((row) => /^\| `--([^`]+)`/.exec(row)?.[1])
    expect(new Set(inRows)).toEqual(new Set(names))
    expect(inRows).toHaveLength(new Set(names).size)
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(6)
    expect(markdown).toContain('## Memory store\n\nRoles: query\n\n| Option')
    expect(markdown).toContain('## Configuration file\n\n| Option')
    expect(markdown).toContain(
      '| `--door.host-port` | `HOST:PORT` | `:80` | Where | `--query.host-port` `--query.port` |\n',
    )
  })
})

describe('tools', () => {
  const io = { env: { SPOOR_X: '1', LOG_LEVEL: 'warn' }, readFile: () => '' }

  test('version says which Spoor and which Node', async () => {
    const { text } = await runTool({ kind: 'version', json: true }, roles, io)
    const info = JSON.parse(text) as Record<string, string>
    expect(info).toMatchObject({ node: process.versions.node, platform: process.platform, arch: process.arch })
    expect(info['version']).toMatch(/^\d+\.\d+\.\d+/)
    const { text: line } = await runTool({ kind: 'version', json: false }, roles, io)
    expect(line).toBe(`spoor ${info['version']} (Node ${process.versions.node}, ${process.platform} ${process.arch})\n`)
  })

  test('print-config prints what a start would take', async () => {
    const argv = ['--door.workers=9', '--door.tenants=a,b']
    const { text, warnings } = await runTool({ kind: 'print-config', role: 'all-in-one', argv }, roles, io)
    expect(warnings).toEqual(['the environment variable SPOOR_X is no option of Spoor'])
    const again = await load([], {}, text)
    expect(again.config).toEqual((await load(argv, io.env)).config)
    await expect(runTool({ kind: 'print-config', role: 'query', argv: ['--x'] }, roles, io)).rejects.toThrow(
      'unknown flag --x',
    )
  })

  test('help and docs', async () => {
    expect((await runTool({ kind: 'help', role: undefined }, roles, io)).text).toBe(overview(roles))
    expect((await runTool({ kind: 'help', role: 'query' }, roles, io)).text).toBe(roleHelp('query', roles))
    expect((await runTool({ kind: 'docs' }, roles, io)).text).toBe(configurationMarkdown(roles))
  })
})
