import type { Report, ReportPeriod } from '@spark/core/report/report'
import { openSigningKey } from '../storage/audit/signing-key.ts'
import type { Config } from '../config.ts'
import { gatherReport, type GatherDeps, type Keep } from './gather-report.ts'
import { evidenceFile } from './report-files.ts'
import { reportHtml } from './report-html.ts'
import { reportMarkdown } from './report-markdown.ts'
import { createEvidence, type EvidenceArchive } from './write-evidence.ts'

export interface MakeReportDeps extends GatherDeps {
  config: GatherDeps['config'] & Pick<Config, 'dataDir' | 'signingKeyFile'>
}

/** It was to end before it was done; nothing is left of it. */
export class ReportStopped extends Error {}

const UNSIGNED = { reviewed: null, approved: null }

/**
 * Makes the report of a period and its evidence, in one reading. The evidence appears whole or not at all, in place of one that an
 * earlier attempt left. Rejects with StorageError, and with ReportStopped when `isStopped`.
 */
export async function makeReport(
  deps: MakeReportDeps,
  about: { id: string; period: ReportPeriod; prepared: Report['prepared'] },
  isStopped: () => boolean = () => false,
): Promise<{ document: Report; evidence: { bytes: number; sha256: string } }> {
  const { dataDir, signingKeyFile } = deps.config
  const archive = await createEvidence(evidenceFile(dataDir, about.id), await openSigningKey(signingKeyFile))
  try {
    const { report } = await gatherReport(deps, about, keepIn(archive, isStopped))
    await archive.add('report.json', `${JSON.stringify(report, null, 2)}\n`)
    for (const language of ['tr', 'en'] as const) {
      await archive.add(`report.${language}.md`, reportMarkdown(report, UNSIGNED, language))
      await archive.add(`report.${language}.html`, reportHtml(report, UNSIGNED, language))
    }
    const { fromMs: from, toMs: to } = about.period
    await keepIn(archive, isStopped).lines('audit.ndjson', deps.auditReader.exportRows({ from, to, all: true }))
    const evidence = await archive.finish({
      report: about.id,
      preparedMs: about.prepared.ms,
      buildSha: report.build.sha,
      featureVersion: report.featureVersion,
      modelVersion: report.model.version,
    })
    return { document: report, evidence }
  } catch (error) {
    await archive.abandon()
    throw error
  }
}

function keepIn(archive: EvidenceArchive, isStopped: () => boolean): Keep {
  return {
    async lines(name, lines) {
      const entry = archive.entry(name)
      for await (const line of lines) {
        if (isStopped()) throw new ReportStopped()
        await entry.write(`${JSON.stringify(line)}\n`)
      }
      await entry.end()
    },
    async file(name, content) {
      if (isStopped()) throw new ReportStopped()
      await archive.add(name, `${JSON.stringify(content, null, 2)}\n`)
    },
  }
}
