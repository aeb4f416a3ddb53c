import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { verifyEvidence, type EvidenceReport } from '@spark/server/report/verify-evidence'
import { parsePublicKey } from '@spark/server/storage/audit/signing-key'
import { CheckFailed, WrongUsage, type Output } from '../output.ts'

/** spark evidence: works with nothing but the file and the public key, on any machine. */
export function evidenceCommands(program: Command, output: Output): void {
  program
    .command('evidence')
    .description('Evidence of a report.')
    .command('verify')
    .argument('<file>', 'the ZIP')
    .description('Checks every byte of it. Exit code 1, and what it is, when anything was changed, removed, added or moved.')
    .requiredOption('--key <file>', 'signing.pub of the installation that made it')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  spark evidence verify evidence.zip --key signing.pub')
    .action(async (file: string, { key, json }: { key: string; json?: true }) => {
      const report = await verified(file, keyOf(key))
      if (json === true) output.line(JSON.stringify(report, null, 2))
      else output.line(textOf(report))
      if (!report.ok) throw new CheckFailed('')
    })
}

function keyOf(path: string): ReturnType<typeof parsePublicKey> {
  try {
    return parsePublicKey(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new WrongUsage(`--key ${path}: must be a public key in PEM (${(error as Error).message})`)
  }
}

async function verified(file: string, key: ReturnType<typeof parsePublicKey>): Promise<EvidenceReport> {
  try {
    return await verifyEvidence(file, key)
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw new WrongUsage(`${file}: cannot be read (${error.message})`)
    throw error
  }
}

function textOf({ ok, manifest, problems }: EvidenceReport): string {
  const made =
    manifest === null
      ? []
      : [
          `${manifest.report}, prepared ${new Date(manifest.preparedMs).toISOString()}`,
          `build ${manifest.buildSha}, feature ${manifest.featureVersion}, model ${manifest.modelVersion}; ${manifest.files.length} files`,
        ]
  return [
    ...made,
    ...problems.map(({ kind, message }) => `${kind}: ${message}`),
    ok ? 'The evidence is whole.' : `The evidence is NOT whole: ${problems.length} problems.`,
  ].join('\n')
}
