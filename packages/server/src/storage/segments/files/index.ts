// What tools may ask of the folder of a segment store (storage/api/files.ts).

import { checkTarget, type StoreAdmin } from '../../api/admin.ts'
import type { StoreFiles } from '../../api/files.ts'
import { ownerSocket } from '../owner.ts'
import { giveOrder, type OwnerOrder, isAnswered } from '../owner-line.ts'
import { checkStore } from './check.ts'
import { copyStore } from './copy.ts'
import { expectStore } from './read-only.ts'
import { readSpans } from './spans.ts'
import { readStats } from './stats.ts'

export const segmentsFiles: StoreFiles = {
  expect: expectStore,
  check: checkStore,
  stats: readStats,
  snapshot: copyStore,
  restore: copyStore,
  spans: readSpans,
  async owner(folder): Promise<StoreAdmin | undefined> {
    const path = ownerSocket(folder)
    if (!(await isAnswered(path))) return undefined
    const give = async (order: OwnerOrder): Promise<void> => await giveOrder(path, order)
    return {
      delete: async (tenant, target) => await give({ ask: 'delete', tenant, target: checkTarget(target) }),
      maintain: async () => await give({ ask: 'maintain' }),
    }
  },
}
