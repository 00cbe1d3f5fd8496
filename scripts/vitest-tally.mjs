// A vitest reporter that writes what happened to the file named by SPOOR_TALLY, for scripts/test.mjs to add up. Exists
// because vitest's own JSON loses the reasons of skipped tests and the errors outside of tests.

import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'

/**
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} failed tests, plus files, suites and stray errors that failed apart from their tests
 * @property {{ name: string, reason: string }[]} skipped the reason is empty where the test gave none
 */

export default class VitestTally {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly unknown[]} strayErrors
   */
  onTestRunEnd(modules, strayErrors) {
    /** @type {Tally} */
    const tally = { passed: 0, failed: strayErrors.length, skipped: [] }
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId)
      tally.failed += module.errors().length
      for (const suite of module.children.allSuites()) tally.failed += suite.errors().length
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') tally.passed += 1
        else if (result.state === 'skipped')
          tally.skipped.push({ name: `${file} > ${test.fullName}`, reason: result.note ?? '' })
        else tally.failed += 1 // failed, or still pending when the run ended
      }
    }
    const target = process.env.SPOOR_TALLY
    if (target !== undefined) writeFileSync(target, JSON.stringify(tally))
  }
}
