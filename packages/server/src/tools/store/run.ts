// `spoor store`: what a person does with a store's folder. Each action is a few lines over the store's contract for tools; which
// store it is, and how it is opened, is the caller's business.

import { SpoorError } from '@spoor/core/base/errors'
import type { DeleteTarget, StoreAdmin } from '../../storage/api/admin.ts'
import type { SpanSelection } from '../../storage/api/files.ts'
import { type ActionName, flagOf, parseTime, parseTraceFlag, type StoreArguments } from './arguments.ts'
import { exportSpans } from './export/export.ts'
import { importFiles } from './import/import.ts'
import type { Output, StoreTools } from './tools.ts'
import { bytesText, checkText, copyText, statsText } from './text.ts'

const MAX_NS = (1n << 64n) - 1n

type Action = (args: StoreArguments, tools: StoreTools, output: Output) => Promise<number>

/** Resolves to the exit code. Rejects with SpoorError where the action cannot be done. */
export async function runStoreTool(args: StoreArguments, tools: StoreTools, output: Output): Promise<number> {
  return await RUN[args.action](args, tools, output)
}

const RUN: Readonly<Record<ActionName, Action>> = {
  check: async ({ flags }, { files, folder }, { out }) => {
    const report = await files.check(folder)
    out.write(flags.has('json') ? `${JSON.stringify(report)}\n` : checkText(folder, report))
    return report.problems.length > 0 ? 1 : 0
  },
  stats: async ({ flags }, { files, folder }, { out }) => {
    const stats = await files.stats(folder)
    out.write(flags.has('json') ? `${JSON.stringify(stats)}\n` : statsText(folder, stats))
    return 0
  },
  compact: async (_args, tools, { out }) => {
    await expectStore(tools)
    const before = await tools.files.stats(tools.folder)
    await withAdmin(tools, async (admin) => await admin.maintain())
    const after = await tools.files.stats(tools.folder)
    out.write(
      `${before.segments.count} segments of ${bytesText(before.segments.bytes)} became ` +
        `${after.segments.count} of ${bytesText(after.segments.bytes)}\n`,
    )
    return 0
  },
  snapshot: async ({ words: [to = ''] }, { files, folder }, { out }) => {
    out.write(copyText(`${folder} is copied to ${to}`, await files.snapshot(folder, to)))
    return 0
  },
  restore: async ({ words: [from = ''] }, { files, folder }, { out }) => {
    out.write(copyText(`${from} is copied to ${folder}`, await files.restore(from, folder)))
    return 0
  },
  export: async (args, tools, output) => await exportSpans(args, selectionOf(args), tools, output),
  import: importFiles,
  delete: async (args, tools, { out }) => {
    const tenant = flagOf(args, 'tenant') ?? ''
    const target = targetOf(args)
    await expectStore(tools)
    await withAdmin(tools, async (admin) => await admin.delete(tenant, target))
    out.write('deleted: no reader shows it any more; the bytes leave the disk with the next compaction\n')
    return 0
  },
}

/** Opening would make a folder that is not there. */
async function expectStore({ files, folder }: StoreTools): Promise<void> {
  await files.expect(folder)
}

/** Asks the process that owns the store, or becomes its owner for the time. */
async function withAdmin(tools: StoreTools, use: (admin: StoreAdmin) => Promise<void>): Promise<void> {
  const owner = await tools.files.owner(tools.folder)
  if (owner !== undefined) {
    await use(owner)
    return
  }
  const store = await tools.open()
  await store.start()
  try {
    const { admin } = store.reader
    if (admin === undefined) throw new SpoorError('unsupported', 'no_admin', 'this store cannot do that')
    await use(admin)
  } finally {
    await store.stop()
  }
}

function rangeOf(args: StoreArguments): { readonly startMinNs: bigint; readonly startMaxNs: bigint } {
  const start = flagOf(args, 'start')
  const end = flagOf(args, 'end')
  return {
    startMinNs: start === undefined ? 0n : parseTime('start', start),
    startMaxNs: end === undefined ? MAX_NS : parseTime('end', end),
  }
}

function selectionOf(args: StoreArguments): SpanSelection {
  const tenant = flagOf(args, 'tenant')
  const service = flagOf(args, 'service')
  const traces = args.flags.get('trace')
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(service === undefined ? {} : { service }),
    ...(traces === undefined ? {} : { traceIds: traces.map(parseTraceFlag) }),
    ...rangeOf(args),
  }
}

/** Exactly one of the three ways to say what is to be deleted. */
function targetOf(args: StoreArguments): DeleteTarget {
  const traces = args.flags.get('trace')
  const service = flagOf(args, 'service')
  const all = args.flags.has('all')
  const ranged = args.flags.has('start') || args.flags.has('end')
  const ways = [traces !== undefined, service !== undefined, all].filter(Boolean).length
  if (ways !== 1) throw bad('say what to delete with one of --trace, --service and --all')
  if (service === undefined && ranged) throw bad('--start and --end go with --service')
  if (traces !== undefined) return { traceIds: traces.map(parseTraceFlag) }
  if (service === undefined) return { everything: true }
  if (!args.flags.has('start') || !args.flags.has('end')) throw bad('--service needs --start and --end')
  return { service, ...rangeOf(args) }
}

function bad(message: string): SpoorError {
  return new SpoorError('invalid', 'bad_command', message)
}
