import { useLanguage } from '../../i18n/language.tsx'
import { LABELS_MIN, labelsMissing } from './labels-missing.ts'

/** In the place of figures that rest on too few labels. */
export function MissingNote({ labels }: { labels: number }) {
  const { m, f } = useLanguage()
  const { calibration: t } = m
  return <p className="text-muted">{labels === 0 ? t.none : t.missing(f.number(labelsMissing(labels)), f.number(LABELS_MIN))}</p>
}
