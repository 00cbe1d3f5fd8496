#!/usr/bin/env node
// The command. Plain JavaScript that old Nodes can parse, so that they get a sentence instead of a syntax error.

import { existsSync } from 'node:fs'

const NEEDED = 24

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  process.stderr.write(
    `spoor: this is Node ${process.versions.node}, and Spoor needs Node ${NEEDED} or newer: ` +
      'install it from https://nodejs.org, or run "npm start" in a checkout, which brings its own.\n',
  )
  process.exitCode = 1
} else {
  const source = new URL('../src/main.ts', import.meta.url)
  void import(existsSync(source) ? source.href : new URL('../dist/main.js', import.meta.url).href)
}
