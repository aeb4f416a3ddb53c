import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Report } from '@spark/core/report/report'
import { gatherReport } from './gather-report.ts'
import { DAY, fillDay, openHouse, PREPARED } from './report-fixture.ts'
import { reportHtml } from './report-html.ts'
import { reportMarkdown } from './report-markdown.ts'

const SIGNED = { reviewed: 'ada', approved: null }
const about = { ...DAY, prepared: PREPARED }
const root = join(import.meta.dirname, '../../../..')

let full: Report
let empty: Report
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spark-report-'))
  const house = await openHouse(folder)
  empty = (await gatherReport(house.deps, about, null)).report
  await fillDay(house, { due: 6, labels: 400, scoreRows: 0 })
  full = (await gatherReport(house.deps, about, null)).report
  await house.close()
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The template of the playbook with its blanks out: what stands between them, line by line. */
function template(): string[] {
  const playbook = readFileSync(join(root, 'docs/playbook.tr.md'), 'utf8')
  const section = playbook.slice(playbook.indexOf('24 SAATLİK RAPOR ŞABLONU'))
  const text = /```markdown\n([\s\S]*?)\n```/.exec(section)?.[1] ?? ''
  return text.split('\n').filter((line) => line.trim() !== '')
}

describe('the report in Markdown', () => {
  it('has each line of the template of the playbook, in its order, and no blank is left', () => {
    const lines = reportMarkdown(full, SIGNED, 'tr').replaceAll('- [x]', '- [ ]').split('\n')
    let from = 0
    const wanted = template().map(
      (line) => /^(#+ .*|\*\*[^*]+:\*\*|- \*\*[^*]+:\*\*|- \[ \] \S+|- 0\.\d-0\.\d:|\d\.)/.exec(line)?.[1] ?? '',
    )
    expect(wanted.length).toBeGreaterThan(35)
    for (const start of wanted.filter((one) => one !== '' && one !== '- [ ] Eşiği')) {
      const at = lines.findIndex((line, index) => index >= from && line.startsWith(start))
      expect(at, `${start} after line ${from}`).toBeGreaterThanOrEqual(from)
      from = at
    }
    expect(lines.join('\n')).not.toContain('___')
  })

  it('says the figures as each language writes them', () => {
    const tr = reportMarkdown(full, SIGNED, 'tr')
    const en = reportMarkdown(full, SIGNED, 'en')
    expect(tr).toContain('**Faz:** %50 (rollout-1)')
    expect(en).toContain('**Phase:** 50% (rollout-1)')
    expect(tr).toContain('- **Kritik:** 1 (auto-pause tetik: evet)')
    expect(tr).toMatch(/^1\. 2026-01-31 10:01 UTC \(metrik: p95 latency 1\.987,5, threshold: 1\.500, duration: 2\.340s\)$/m)
    expect(en).toMatch(/^1\. 2026-01-31 10:01 UTC \(figure: p95 latency 1,987\.5, threshold: 1,500, duration: 2,340s\)$/m)
    expect(en).toContain('**Reviewed by:** ada')
    expect(en).toContain('**Approved by:** —')
  })

  it('tells what was done, and why, in the language of the report; what people wrote stays as they wrote it', () => {
    const [first] = full.actions.taken
    if (first === undefined) throw new Error('nothing was done')
    const reasons = [
      'the warning of p95 lasts: confidence floor 0.55 → 0.60',
      'risk is not free: kill switch all',
      'so be it; go',
    ]
    const told = { ...full, actions: { ...full.actions, taken: [{ ...first, reasons }] } }
    expect(reportMarkdown(told, SIGNED, 'tr')).toContain(
      '(controller): p95 gecikme uyarısı sürüyor: güven tabanı 0,55 → 0,60; risk serbest değil: acil durdurma all; so be it; go',
    )
    expect(reportMarkdown(told, SIGNED, 'en')).toContain(
      '(controller): the warning of p95 latency lasts: confidence floor 0.55 → 0.60; risk is not free: kill switch all; so be it; go',
    )
  })

  it('of a fresh installation says that nothing was measured, and what will fill it', () => {
    const tr = reportMarkdown(empty, SIGNED, 'tr')
    expect(tr).toContain('- **p95 Latency:** ölçüm yok (hedef: ≤1000ms)')
    expect(tr).toContain('- 0.5-0.6: ölçüm yok')
    expect(tr).toContain('- **RSI:** ölçüm yok')
    expect(tr).toContain('- Rollout yok. spark rollout start ile başlar.')
    expect(tr).not.toMatch(/null|NaN|undefined/)
  })
})

describe('the report as a page', () => {
  it('says the worst of each figure, and the hours, as its language does', () => {
    const tr = reportHtml(full, SIGNED, 'tr')
    expect(tr).toMatch(/aria-label="p95 latency: en yüksek [\d.]+ ms"/)
    expect(tr).toMatch(/aria-label="confid median: en düşük 0,\d+"/)
    expect(tr).toMatch(/aria-label="error_rate: en yüksek %[\d,]+"/)
    expect(tr).toContain('>4 sa</span>')
    expect(reportHtml(full, SIGNED, 'en')).toMatch(/aria-label="p95 latency: highest [\d,]+ ms"/)
  })

  it.each(['tr', 'en'] as const)(
    'in %s needs nothing from elsewhere, draws every gate, and escapes what it tells',
    (language) => {
      const html = reportHtml(full, SIGNED, language)
      expect(html).not.toMatch(/\bsrc=|\bhref=|url\(|@import|<script/)
      expect(html).toContain(`<html lang="${language}">`)
      expect(html.match(/role="img" aria-label="[^"]{3,}"/g)).toHaveLength(6)
      expect(html).toContain('p95 &gt; 1000 &amp; lasts')
      expect(html).toContain('prefers-color-scheme: dark')
      expect(html).not.toMatch(/\*\*|null|NaN|undefined|^\| /m)
    },
  )
})
