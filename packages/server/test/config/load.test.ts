// Names, files, values and the sentences about what is wrong with them.

import { describe, expect, test } from 'vitest'
import { SpoorError } from '@spoor/core/base/errors'
import { logOptions } from '../../src/config/common.ts'
import { memorySection } from '../../src/storage/memory/config.ts'
import { loadConfig } from '../../src/config/load.ts'
import { envName, sectionFaults } from '../../src/config/names.ts'
import { option } from '../../src/config/section.ts'
import { integer, text } from '../../src/config/values.ts'
import { FILE, load, sections, sources } from './sections.ts'

/** The lines of the refusal. */
async function faults(...given: Parameters<typeof sources>): Promise<string[]> {
  const thrown: unknown = await load(...given).then(
    () => undefined,
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(SpoorError)
  expect(thrown).toMatchObject({ kind: 'invalid', code: 'bad_config' })
  return (thrown as SpoorError).message.split('\n')
}

test('the options of these tests and the common ones are sound', () => {
  expect(sectionFaults({ ...sections, memory: memorySection })).toEqual([])
})

test('without any source every option has its default', async () => {
  const { config, settings, warnings } = await load([])
  expect(config.door).toEqual({
    listen: { host: '', port: 80 },
    tls: false,
    caFile: '',
    timeoutMs: 90_000,
    maxBytes: 67_108_864,
    workers: 4,
    mode: 'safe',
    tenants: [],
    headers: [],
    password: '',
  })
  expect(config.log).toEqual({ level: 'info', encoding: 'auto' })
  expect(config.storage).toEqual({ type: 'segments', dir: './data' })
  expect(new Set(settings.map(({ origin }) => origin.source))).toEqual(new Set(['default']))
  expect(warnings).toEqual([])
  expect(structuredClone(config)).toEqual(config)
})

describe('flags', () => {
  test('every way to write them', async () => {
    const argv = [
      '--door.tls',
      '--door.workers',
      '5',
      '--door.mode=fast',
      '--door.tls.ca=',
      '--door.password',
      '-x=--y',
    ]
    const { config } = await load(argv)
    expect(config.door).toMatchObject({ tls: true, workers: 5, mode: 'fast', caFile: '', password: '-x=--y' })
    expect((await load(['--door.tls=false'])).config.door.tls).toBe(false)
    expect((await load(['--door.workers=5', '--door.workers=6'])).config.door.workers).toBe(6)
  })

  test('lists add up', async () => {
    const argv = ['--door.tenants=a,b', '--door.tenants', 'c', '--door.headers=X: 1, 2', '--door.headers=Y: 3']
    const { config } = await load(argv)
    expect(config.door).toMatchObject({ tenants: ['a', 'b', 'c'], headers: ['X: 1, 2', 'Y: 3'] })
  })

  test.each<[string[], string[]]>([
    [['--log-lvel=debug'], ['unknown flag --log-lvel; did you mean --log-level?']],
    [['--log-lvel', 'debug'], ['unknown flag --log-lvel; did you mean --log-level?']],
    [['--LOG-LEVEL=debug'], ['unknown flag --LOG-LEVEL; did you mean --log-level?']],
    [['-log-level=debug'], ['unknown flag -log-level; did you mean --log-level?']],
    [['--zzzzzzzzzzzzzzzzzzz'], ['unknown flag --zzzzzzzzzzzzzzzzzzz']],
    [['--query.tenant=a'], ['unknown flag --query.tenant; did you mean --query.tenants?']],
    [['--__proto__=a'], ['unknown flag --__proto__']],
    [['--constructor'], ['unknown flag --constructor']],
    [['log-level=debug'], ['unexpected argument log-level; flags start with --']],
    [['--door.tls', 'false'], ['unexpected argument false']],
    [['pass=hunter2'], ['unexpected argument pass']],
    [['--door.mode'], ['--door.mode needs a value: --door.mode=fast|safe']],
    [
      ['--a=1', '--b=2'],
      ['unknown flag --a', 'unknown flag --b'],
    ],
  ])('%j', async (argv, expected) => {
    expect(await faults(argv)).toEqual(expected)
  })
})

describe('environment', () => {
  test('names of options, of aliases and further ones; empty is not set', async () => {
    expect(envName('query.additional-headers')).toBe('QUERY_ADDITIONAL_HEADERS')
    const env = {
      QUERY_PORT: '81',
      MODE: 'fast',
      DOOR_WORKERS: '',
      SPAN_STORAGE_TYPE: 'memory',
      PATH: '/bin',
      LOG_LEVEL: 'WARN',
    }
    const { config } = await load([], env)
    expect(config.door).toMatchObject({ listen: { host: '', port: 81 }, mode: 'fast', workers: 4 })
    expect(config.storage.type).toBe('memory')
    expect(config.log.level).toBe('warn')
  })

  test('the file may be named by a variable; a flag is stronger', async () => {
    const files: Record<string, string> = { 'a.yaml': 'door.workers: 2', 'b.yaml': 'door.workers: 3' }
    const readFile = (path: string): Promise<string> => Promise.resolve(files[path] ?? '')
    const env = { CONFIG_FILE: 'a.yaml' }
    expect((await loadConfig(sections, { argv: [], env, readFile })).config.door.workers).toBe(2)
    const argv = ['--config-file=b.yaml']
    expect((await loadConfig(sections, { argv, env, readFile })).config.door.workers).toBe(3)
  })

  test('SPOOR_ names that no option has are warned about, but not those that Kubernetes makes', async () => {
    const env = {
      SPOOR_LOG_LEVL: 'debug',
      SPOOR_XYZ: '1',
      SPOOR_SERVICE_HOST: '10.0.0.1',
      SPOOR_SERVICE_PORT_HTTP: '80',
      SPOOR_PORT: 'tcp://10.0.0.1:80',
      SPOOR_QUERY_PORT_80_TCP_ADDR: '10.0.0.1',
      OTHER: '1',
    }
    expect((await load([], env)).warnings).toEqual([
      'the environment variable SPOOR_LOG_LEVL is no option of Spoor; did you mean LOG_LEVEL?',
      'the environment variable SPOOR_XYZ is no option of Spoor',
    ])
  })
})

describe('files', () => {
  const expected = { listen: { host: 'h', port: 1 }, timeoutMs: 2_000, tenants: ['a', 'b,c'], tls: true, workers: 7 }

  test.each<[string, string, string]>([
    ['nested YAML', FILE, 'door:\n  host-port: h:1\n  timeout: 2s\n  tenants: [a, "b,c"]\n  tls: true\n  workers: 7\n'],
    [
      'dotted YAML',
      FILE,
      'door.host-port: h:1\ndoor.timeout: 2s\ndoor.tenants: ["a", "b,c"]\ndoor.tls: true\ndoor.workers: 7\n',
    ],
    [
      'Jaeger names',
      FILE,
      'query: {host-port: "h:1", timeout: 2s, tls: true, tenants: [a, "b,c"]}\ndoor: {workers: "7"}',
    ],
    ['both', FILE, 'door.tls: true\ndoor: {host-port: "h:1", timeout: 2s, tenants: [a, "b,c"], workers: 7}'],
    [
      'JSON',
      'spoor.json',
      '{\n\t"door": {"host-port": "h:1", "timeout": "2s", "tenants": ["a", "b,c"], "tls": true},\n\t"door.workers": 7}',
    ],
  ])('%s', async (_, path, content) => {
    const { config } = await load([], {}, content, path)
    expect(config.door).toMatchObject(expected)
  })

  test('an empty file, one of comments, and an empty section are no values', async () => {
    for (const content of [
      '',
      '# door\n',
      '---\n',
      'door:\n',
      'door: {}\n',
      '\uFEFFdoor:\n  tls:\n    # ca: x\n'.replace('tls:\n', 'workers: 4\n'),
    ]) {
      expect((await load([], {}, content)).config.door.workers).toBe(4)
    }
  })

  test.each<[string, string | RegExp]>([
    ['door: {host-prt: "h:1"}', `${FILE}: unknown key door.host-prt; did you mean door.host-port?`],
    ['door: {tls: {ca: x, keyy: {deep: 1}}}', `${FILE}: unknown key door.tls.keyy.deep`],
    ['nonsense:\n', `${FILE}: unknown key nonsense`],
    ['nonsense: {}', `${FILE}: unknown key nonsense`],
    ['constructor: 1', `${FILE}: unknown key constructor`],
    ['{"__proto__": {"x": 1}}', `${FILE}: unknown key __proto__.x`],
    ['door.workers:', `${FILE}: door.workers has no value`],
    ['door.workers: 1\ndoor: {workers: 1}', `${FILE}: door.workers is given twice`],
    ['config-file: other.yaml', `${FILE}: config-file cannot be set in a file`],
    ['- a\n- b', `${FILE}: expected names of options with their values`],
    ['just text', `${FILE}: expected names of options with their values`],
    ['a: [1', new RegExp(`^${FILE}: .* at line 1`)],
    ['a: 1\na: 2', new RegExp(`^${FILE}: Map keys must be unique at line 2`)],
    ['door.password: !vault hunter2', new RegExp(`^${FILE}: Unresolved tag: !vault at line 1`)],
    ['a: 1\n---\nb: 2', new RegExp(`^${FILE}: `)],
    [
      `a: &a [x, x]\n${'bcdefgh'.replaceAll(/./g, (c) => `${c}: &${c} [${`*${String.fromCodePoint((c.codePointAt(0) ?? 0) - 1)},`.repeat(9)}]\n`)}`,
      /alias/,
    ],
    ['['.repeat(100_000), new RegExp(`^${FILE}: `)],
    [`${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}`, new RegExp(`^${FILE}: `)],
  ])('refused %#', async (content, line) => {
    const [first = '', ...others] = await faults([], {}, content)
    if (typeof line === 'string') expect(first).toBe(line)
    else expect(first).toMatch(line)
    expect(others).toEqual([])
    expect(first).not.toContain('hunter2')
  })

  test('a file of another format or that cannot be read', async () => {
    expect(await faults([], {}, 'a = 1', 'jaeger.toml')).toEqual([
      'jaeger.toml: .toml files are not read; use YAML or JSON',
    ])
    const readFile = (): never => {
      throw new Error('ENOENT: no such file')
    }
    const loading = loadConfig(sections, { argv: ['--config-file=x.yaml'], env: {}, readFile })
    await expect(loading).rejects.toThrow('cannot read x.yaml from the flag --config-file: ENOENT: no such file')
  })
})

describe('values', () => {
  test('a bad one: the option, where it is from, what it is and what is expected', async () => {
    const argv = ['--query.port=x\ny', '--door.workers=0']
    const lines = await faults(argv, { DOOR_TIMEOUT: '5' }, 'door: {tenants: {}, max-size: [1], mode: 3}')
    expect(lines).toEqual([
      `${FILE}: door.tenants has no value`,
      'door.host-port: "x\\ny" from the flag --query.port is not valid: expected host:port with a port from 0 to 65535, such as :4317, 127.0.0.1:4317 or [::1]:4317',
      'door.timeout: "5" from the environment variable DOOR_TIMEOUT is not valid: expected a duration with its unit, such as 250ms, 10s or 1h30m',
      `door.max-size: [1] from door.max-size in ${FILE} is not valid: expected a size in bytes, such as 16777216, 512KiB or 64MiB`,
      'door.workers: "0" from the flag --door.workers is not valid: expected a whole number, at least 1 and at most 999',
      `door.mode: 3 from door.mode in ${FILE} is not valid: expected one of fast, safe`,
    ])
  })

  test('a long one is cut', async () => {
    const [line = ''] = await faults([`--door.mode=${'x'.repeat(100_000)}`])
    expect(line.length).toBeLessThan(200)
  })

  test('a secret one is never shown', async () => {
    expect(await faults([], {}, 'door.password: [hunter2]')).toEqual([
      `door.password: the secret value from door.password in ${FILE} is not valid: expected TEXT`,
    ])
    const [line] = await faults(['--door.password=hunter2', '--query.password=hunter3'])
    expect(line).toBe(
      'door.password: the flag --door.password (the secret value) and the flag --query.password (the secret value) ' +
        'are names of the same option but differ; give one',
    )
  })
})

describe('two names of one option', () => {
  test('different values in the same place are an error that names both', async () => {
    expect(await faults(['--door.mode=fast', '--query.mode=safe'])).toEqual([
      'door.mode: the flag --door.mode ("fast") and the flag --query.mode ("safe") are names of the same option but differ; give one',
    ])
    expect(await faults([], { MODE: 'fast', QUERY_MODE: 'safe' })).toHaveLength(1)
    expect(await faults([], {}, 'door.mode: fast\nquery.mode: safe')).toHaveLength(1)
    expect(await faults(['--query.host-port=:1', '--query.port=2'])).toHaveLength(1)
  })

  test('values that mean the same are fine, and so are different ones in different places', async () => {
    expect((await load(['--door.timeout=60s', '--query.timeout=1m'])).config.door.timeoutMs).toBe(60_000)
    expect((await load(['--door.mode=fast'], { QUERY_MODE: 'safe' })).config.door.mode).toBe('fast')
  })
})

describe('the store', () => {
  test.each<[string, string]>([
    [
      'badger',
      'there is no store badger: segments replaces it: an embedded store on local disk, under --storage.dir; the stores are segments, memory',
    ],
    ['segmnts', 'there is no such store; did you mean segments?; the stores are segments, memory'],
    ['cassandra', 'there is no such store; the stores are segments, memory'],
    ['memory,segments', 'several stores at once are not supported; the stores are segments, memory'],
  ])('%s', async (type, why) => {
    expect(await faults([], { SPAN_STORAGE_TYPE: type })).toEqual([
      `storage.type: "${type}" from the environment variable SPAN_STORAGE_TYPE is not valid: ${why}`,
    ])
  })

  test('a directory is needed, and 0 traces means that only bytes bound them', async () => {
    expect(await faults(['--storage.dir='])).toEqual([
      'storage.dir: "" from the flag --storage.dir is not valid: expected the path of a directory',
    ])
    const memory = await loadConfig({ memory: memorySection }, sources(['--memory.max-traces=0']))
    expect(memory.config.memory.maxTraces).toBe(0)
  })
})

test('the log is for people on a terminal and for machines elsewhere, unless told', () => {
  expect(logOptions({ level: 'info', encoding: 'auto' }, true)).toEqual({ level: 'info', encoding: 'console' })
  expect(logOptions({ level: 'info', encoding: 'auto' }, false)).toEqual({ level: 'info', encoding: 'json' })
  expect(logOptions({ level: 'warn', encoding: 'json' }, true)).toEqual({ level: 'warn', encoding: 'json' })
})

describe('options that are not sound', () => {
  const bad = (
    name: string,
    ...rest: Parameters<typeof option> extends [string, ...infer R] ? R : never
  ): readonly string[] => sectionFaults({ bad: { title: 'Bad', options: { it: option(name, ...rest) } } })

  test('are found', () => {
    expect(bad('no.default', integer(), 'x')).toEqual(['no.default: no default that it takes'])
    expect(bad('Bad_Name', integer().prefault(1), 'x')).toEqual(['Bad_Name: not lower case with . and -'])
    expect(bad('no.help', integer().prefault(1), ' ')).toEqual(['no.help: no help text'])
    expect(bad('out.of.bounds', integer({ min: 2 }).prefault(1), 'x')).toEqual([
      'out.of.bounds: no default that it takes',
    ])
    expect(() => bad('config-file', text().prefault(''), 'x')).toThrow('config-file names both')
    expect(() => bad('config', text().prefault(''), 'x', { env: ['CONFIG_FILE'] })).toThrow('CONFIG_FILE names both')
  })
})
