// The role that runs everything in one process: all receivers, a store, all doors. Names no plugin: it takes what the
// registry has.

import { resolve } from 'node:path'
import type { RoleInfo } from '../cli/roles.ts'
import { logOptions, logSection, storageSection } from '../config/common.ts'
import type { ConfigOf, Sections } from '../config/section.ts'
import { adminSection } from '../doors/admin/config.ts'
import { queryHttpSection } from '../doors/api/query-config.ts'
import { receiversSection } from '../pipeline/config.ts'
import { proberSection } from '../query/prober-config.ts'
import { samplingSection } from '../sampling/config.ts'
import type { PluginChoice, RolePlan } from './plan.ts'
import { DOORS, RECEIVERS, sectionsOf, STORES } from './registry.ts'

const FIXED = {
  log: logSection,
  storage: storageSection(Object.keys(STORES)),
  receivers: receiversSection,
  sampling: samplingSection,
  queryHttp: queryHttpSection,
  admin: adminSection,
  prober: proberSection,
}

export interface Role {
  readonly info: RoleInfo
  /** From the loaded configuration to what runs. */
  plan(config: ConfigOf<Sections>): RolePlan
}

export async function allInOne(): Promise<Role> {
  const [stores, receivers, doors] = await Promise.all([sectionsOf(STORES), sectionsOf(RECEIVERS), sectionsOf(DOORS)])
  const { log, storage, ...others } = FIXED
  return {
    info: {
      summary: 'receivers, storage, query and UI in one process',
      sections: { log, storage, ...stores, ...receivers, ...others, ...doors },
    },
    plan: (config) => makePlan(config as ConfigOf<typeof FIXED> & ConfigOf<Sections>, receivers),
  }
}

function makePlan(config: ConfigOf<typeof FIXED> & ConfigOf<Sections>, receivers: Sections): RolePlan {
  const { type, dir } = config.storage
  const folder = resolve(dir)
  const choose = (name: string): PluginChoice => ({ name, config: config[name] ?? {} })
  return {
    role: 'all-in-one',
    log: logOptions(config.log, process.stderr.isTTY),
    storage: { name: type, config: { ...config[type], dir: folder } },
    storageDescription: type === 'segments' ? folder : `${type} (nothing is kept over a restart)`,
    receivers: Object.keys(RECEIVERS)
      .filter((name) => receivers[name]?.off?.(config[name] ?? {}) !== true)
      .map(choose),
    bodyBudgetBytes: config.receivers.bodyBudgetBytes,
    sampling: config.sampling,
    queryHttp: config.queryHttp,
    doors: Object.keys(DOORS).map(choose),
    admin: config.admin,
    prober: config.prober,
  }
}
