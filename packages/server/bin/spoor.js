#!/usr/bin/env node
// The command. Plain JavaScript, so that an old Node gives a sentence instead of a syntax error, and so that the compile
// cache is on before the first TypeScript file: with it, a start strips no types and does not load what strips them.

import { existsSync } from 'node:fs'
import * as module from 'node:module'
import { setFlagsFromString } from 'node:v8'

const NEEDED = 24

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `spoor: this is Node ${process.versions.node}, and Spoor needs Node ${NEEDED} or newer: ` +
      'install it from https://nodejs.org, or run "npm start" in a checkout, which brings its own.\n',
  )
  process.exitCode = 1
} else {
  module.enableCompileCache()
  // The garbage of starting must not size every thread's young generation for good; roles/program.ts takes this back.
  setFlagsFromString('--semi-space-growth-factor=1')
  // For the threads started later: their heaps are small and their buffers are not, and without room to begin with the
  // collector runs several times a second for nothing.
  setFlagsFromString('--initial-old-space-size=40')
  const source = new URL('../src/main.ts', import.meta.url)
  void import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href)
}
