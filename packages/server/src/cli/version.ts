// Which Spoor this is, on what it runs.

import { readFileSync } from 'node:fs'

export interface VersionInfo {
  /** Of the `spoor` package. */
  readonly version: string
  /** Without the v. */
  readonly node: string
  /** `linux`, `darwin`, `win32`. */
  readonly platform: string
  /** `x64`, `arm64`. */
  readonly arch: string
}

/** Reads package.json beside the sources or the build. */
export function versionInfo(): VersionInfo {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return { version, node: process.versions.node, platform: process.platform, arch: process.arch }
}
