import type { ModelView } from '@spark/contract/models'
import { HeadRow, figures } from '../../components/head-row.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import { useLanguage } from '../../i18n/language.tsx'

const DIGITS = 3

/** Hash, descent and what its update rests on. */
export function ModelDetails({ model: { hash, parent, labelWindow, a, kappa, evidence } }: { model: ModelView }) {
  const { m, f } = useLanguage()
  const { models: t } = m
  return (
    <details>
      <summary className="text-muted">{t.details}</summary>
      <div className="grid gap-1 pt-1">
        <p className="break-all">
          {t.hash}: <span className="font-mono text-xs">{hash}</span>
        </p>
        {parent !== null && (
          <p>
            {t.parent}: <span className="font-mono">{parent}</span>
          </p>
        )}
        {a !== null && kappa !== null && (
          <p className="number">
            a {f.number(a, DIGITS)}, κ {f.number(kappa, DIGITS)}
          </p>
        )}
        {labelWindow !== null && (
          <p>
            {t.labelWindow}: {f.moment(labelWindow.fromTs)} – {f.moment(labelWindow.toTs)}
          </p>
        )}
        {evidence === null ? <p className="text-muted">{t.noEvidence}</p> : <Evidence evidence={evidence} />}
      </div>
    </details>
  )
}

function Evidence({ evidence }: { evidence: NonNullable<ModelView['evidence']> }) {
  const { m, f } = useLanguage()
  const { models: t } = m
  const { labels, labelsInAll, undecided, prequential, coefficients } = evidence
  return (
    <>
      <p>{t.evidenceOf(f.number(labels), f.number(labelsInAll), f.number(undecided))}</p>
      <p>
        {t.prequential(f.number(prequential.hits), f.percent(prequential.confidMean, 1), f.number(prequential.logLoss, DIGITS))}
      </p>
      <ScrollTable label={t.coefficient}>
        <HeadRow columns={[t.coefficient, figures(t.mean), figures(t.between)]} />
        <tbody>
          {Object.entries(coefficients).map(([name, { mean, deviation }]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="number">{f.number(mean, DIGITS)}</td>
              <td className="number">
                {f.number(mean - 2 * deviation, DIGITS)} – {f.number(mean + 2 * deviation, DIGITS)}
              </td>
            </tr>
          ))}
        </tbody>
      </ScrollTable>
    </>
  )
}
