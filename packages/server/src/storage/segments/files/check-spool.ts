// Checks the spool: every record's CRC, and that what it holds can be read. The end of a file may be half-written: nobody was
// told that it is safe.

import { join } from 'node:path'
import { toError } from '@spoor/core/base/errors'
import type { Disk } from '../../../pipeline/spool/disk.ts'
import { decodeFileHeader, FILE_HEADER_BYTES, readRecord } from '../../../pipeline/spool/format.ts'
import { listChains } from '../../../pipeline/spool/replay.ts'
import { scanOtlp } from '../../../wire/otlp/scan.ts'
import type { Manifest } from '../manifest.ts'
import type { Findings } from './findings.ts'
import { isAbsent } from './read-only-disk.ts'

export interface SpoolCount {
  files: number
  bytes: number
}

/** Files of heads that were sealed meanwhile are passed over. */
export async function checkSpool(
  disk: Disk,
  folder: string,
  manifest: Manifest,
  findings: Findings,
): Promise<SpoolCount> {
  const count: SpoolCount = { files: 0, bytes: 0 }
  const spool = join(folder, 'spool')
  for (const { chain, names } of await listChains(disk, spool)) {
    for (const [index, name] of names.entries()) {
      const file = `spool/${name}`
      if (chain < manifest.nextHead) {
        findings.note(file, 'is left over: its spans are in a segment')
        continue
      }
      try {
        const bytes = await disk.read(join(spool, name))
        count.files++
        count.bytes += bytes.length
        checkFile(file, { chain, index }, bytes, findings)
      } catch (thrown) {
        if (!isAbsent(thrown)) findings.problem(file, toError(thrown).message)
      }
    }
  }
  const aside = await disk.list(join(spool, 'damaged'))
  for (const name of aside) findings.note(`spool/damaged/${name}`, 'was set aside as damaged at an earlier start')
  return count
}

function checkFile(
  name: string,
  place: { readonly chain: number; readonly index: number },
  bytes: Buffer,
  findings: Findings,
): void {
  const header = decodeFileHeader(bytes, name)
  if (header === undefined) {
    // A file gets its header with its first records.
    if (bytes.length < FILE_HEADER_BYTES) findings.note(name, 'ends before its first record')
    else findings.problem(name, 'its header is damaged')
  } else if (header.chain !== place.chain || header.index !== place.index)
    findings.problem(name, `says that it is file ${header.index} of head ${header.chain}`)
  let at = header === undefined ? 0 : FILE_HEADER_BYTES
  for (;;) {
    const step = readRecord(bytes, at)
    if (step.kind === 'end') return
    if (step.kind === 'torn') {
      if (header !== undefined) findings.note(name, `ends in ${bytes.length - at} bytes of a half-written record`)
      return
    }
    if (step.kind === 'damaged') findings.problem(name, `bytes ${at} to ${step.next} are no valid record`)
    else {
      const { payload, tenant, record } = step.record
      findings.guard(`${name}, record ${record}`, () => void scanOtlp(payload, { tenant }))
    }
    at = step.next
  }
}
