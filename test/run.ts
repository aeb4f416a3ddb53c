// npm test, npm run test:long and npm run test:postgres: runs vitest, then counts from its JSON report, its exit code and failures of whole
// files. The report alone would call a run good in which a file could not be imported or the runner died.
import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PREBUNDLED_MODULES } from '@spark/server/prebundle/prebundle'

interface Report {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[]
}

const root = fileURLToPath(new URL('..', import.meta.url))
const long = process.argv.includes('--long')
/** Installations of the tests stand on PostgreSQL: vitest.config.ts says which tests that is for. */
const postgres = process.argv.includes('--postgres')
const filters = process.argv.slice(2).filter((argument) => !['--long', '--postgres'].includes(argument))
// Against what hangs: a machine may be half as fast as the one on which npm test takes 20 minutes (decision 42).
const limitMs = (long ? 120 : postgres ? 60 : 40) * 60_000
const reportFile = `${root}.test-report/results.json`

rmSync(reportFile, { force: true })
mkdirSync(`${root}.test-report`, { recursive: true })
const selection = long
  ? [...(filters.length > 0 ? filters : ['.long.test.ts', '.slow.test.ts']), '--testTimeout=5400000']
  : [...filters, '--exclude=**/*.long.test.ts', ...(postgres ? [] : ['--exclude=**/*.slow.test.ts'])]
const vitest = spawn(
  process.execPath,
  [
    // As bin/spark starts Node: threads of the code under test begin sooner.
    '--require',
    PREBUNDLED_MODULES,
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...selection,
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      ...(postgres && { SPARK_TEST_POSTGRES: '1' }),
      NO_COLOR: '1',
      NODE_COMPILE_CACHE: `${root}node_modules/.cache/node-compile`,
    },
  },
)
const timer = setTimeout(() => {
  console.error(`the tests did not end within ${limitMs / 60_000} minutes`)
  vitest.kill('SIGKILL')
}, limitMs)
const exitCode = await new Promise<number | null>((resolve) => vitest.once('exit', resolve))
clearTimeout(timer)

const report = readReport()
const brokenFiles =
  report?.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ) ?? []
for (const file of brokenFiles) console.error(`failed as a whole: ${file.name}`)
const passed = report?.numPassedTests ?? 0
let failed = (report?.numFailedTests ?? 0) + brokenFiles.length
if ((exitCode !== 0 || report === null || passed === 0) && failed === 0) {
  console.error(
    `the test runner ended with exit code ${exitCode} and ${report === null ? 'no report' : `${passed} passed tests`}`,
  )
  failed = 1
}
const skipped = report?.numPendingTests ?? 0
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed === 0 ? 0 : 1

function readReport(): Report | null {
  try {
    return JSON.parse(readFileSync(reportFile, 'utf8')) as Report
  } catch {
    return null
  }
}
