// The report of a day with 1,500,000 scores, as its rows lie in storage: polls in the slices of 30 s, and a row of the audit for each score. First the
// figures and both renderings; with --full then the evidence too, which copies the audit of the day into a signed ZIP.
import { systemClock } from '@spark/server/clock'
import { DAY, fillDay, openHouse, PREPARED } from '@spark/server/report/report-fixture'
import { gatherReport } from '@spark/server/report/gather-report'
import { makeReport } from '@spark/server/report/make-report'
import { reportHtml } from '@spark/server/report/report-html'
import { reportMarkdown } from '@spark/server/report/report-markdown'
import { formatNumber } from './figure.ts'
import { atEnd, bench, durationMs, progress, temporaryFolder } from './support.ts'

const SLICES = 2880
const DUE = 521
const SCORES = DUE * SLICES
const LABELS = 5000
const LOOK_EVERY_MS = 20
const UNSIGNED = { reviewed: null, approved: null }

const rssMb = () => process.memoryUsage().rss / 1e6

/** The most that the process has held while it worked, beyond what it held before, MB. */
async function grownMb(work: () => Promise<void>): Promise<number> {
  const before = rssMb()
  let most = before
  const cancel = systemClock.every(LOOK_EVERY_MS, () => (most = Math.max(most, rssMb())))
  await work()
  cancel()
  return Math.max(most, rssMb()) - before
}

await bench({ rounds: 3 }, async ({ rounds, folder, full }) => {
  const dataDir = temporaryFolder(folder)
  const house = await openHouse(dataDir, true)
  atEnd(() => house.close())
  const builtMs = await durationMs(() => fillDay(house, { due: DUE, labels: LABELS, scoreRows: DUE }))
  progress(`report: ${formatNumber(SCORES)} scores built in ${formatNumber(builtMs / 1000)} s`)
  const about = { ...DAY, prepared: PREPARED }
  const seconds: number[] = []
  const grown: number[] = []
  for (let round = 0; round <= rounds; round++) {
    let ms = 0
    const mb = await grownMb(async () => {
      ms = await durationMs(async () => {
        const { report } = await gatherReport(house.deps, about, null)
        for (const language of ['tr', 'en'] as const) {
          reportMarkdown(report, UNSIGNED, language)
          reportHtml(report, UNSIGNED, language)
        }
      })
    })
    progress(`report, round ${round}/${rounds}: ${formatNumber(ms)} ms, memory grew by ${formatNumber(mb)} MB`)
    if (round === 0) continue
    seconds.push(ms / 1000)
    grown.push(mb)
  }
  const whole: number[] = []
  let bytes = 0
  const peak = full
    ? await grownMb(async () => {
        whole.push((await durationMs(async () => void (bytes = (await makeReport(house.deps, about)).evidence.bytes))) / 1000)
      })
    : 0
  const day = `report of a day with ${formatNumber(SCORES)} scores`
  return [
    {
      what: day,
      baseline: null,
      unit: 's',
      values: seconds,
      target: { under: 3 },
      note: `figures, Markdown and page in both languages; ${formatNumber(LABELS)} labels`,
    },
    {
      what: `${day}, growth of memory`,
      baseline: null,
      unit: 'MB',
      values: grown,
      target: { under: 100 },
      note: `after the first, ${formatNumber(rssMb())} MB in all`,
    },
    ...whole.map((value) => ({
      what: `${day}, with evidence`,
      baseline: null,
      unit: 's',
      values: [value],
      target: null,
      note: `${formatNumber(SCORES)} rows of the audit copied, ${formatNumber(bytes / 1e6)} MB of ZIP; memory grew by ${formatNumber(peak)} MB`,
    })),
  ]
})
