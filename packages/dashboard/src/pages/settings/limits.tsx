import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import type { AnswerOf, BodyOf } from '@spark/contract/routes'
import type { RiskLimitName } from '@spark/contract/trading'
import { Button } from '../../components/button.tsx'
import { HeadRow, figures } from '../../components/head-row.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { ScrollTable } from '../../components/scroll-table.tsx'
import type { Format } from '../../format/format.ts'
import { useLanguage } from '../../i18n/language.tsx'
import { queries } from '../../queries.ts'
import { useQuote } from '../../quote.ts'
import { usePermissions } from '../../session.ts'
import { limitText, readsTwoWays } from './limit-text.ts'
import { LimitsDialog } from './limits-dialog.tsx'

type Limit = AnswerOf<'risk'>['limits'][number]
type Draft = Partial<Record<RiskLimitName, string | null>>

/** Every limit with what is used of it; the role risk changes them here. */
export function Limits() {
  const { m } = useLanguage()
  const { settings: t } = m
  const query = useQuery(queries.risk)
  const { canChangeLimits } = usePermissions()
  const [draft, setDraft] = useState<Draft>({})
  const [asking, setAsking] = useState(false)
  const wanted: BodyOf<'riskLimitsChange'>['limits'] = Object.fromEntries(
    Object.entries(draft).filter(([, value]) => value === null || value.trim() !== ''),
  )
  const unclear = Object.entries(wanted).some(([name, value]) => readsTwoWays(name as RiskLimitName, value ?? ''))
  function submit(event: FormEvent): void {
    event.preventDefault()
    setAsking(true)
  }
  return (
    <Panel title={t.limits} what={t.limitsWhat} className="min-h-60 xl:col-span-2">
      <QueryView query={query} height="min-h-48">
        {({ limits }) => (
          <form className="grid gap-2" onSubmit={submit}>
            <ScrollTable label={t.limits}>
              <HeadRow columns={[t.limit, figures(t.limits), figures(t.used), t.newLimit]} />
              <tbody>
                {limits.map((limit) => (
                  <LimitRow
                    key={limit.name}
                    limit={limit}
                    value={draft[limit.name]}
                    onChange={canChangeLimits ? (value) => setDraft({ ...draft, [limit.name]: value }) : null}
                  />
                ))}
              </tbody>
            </ScrollTable>
            <Button
              className="justify-self-start"
              type="submit"
              why={canChangeLimits ? null : m.common.notPermitted}
              disabled={unclear || Object.keys(wanted).length === 0}
            >
              {t.changeLimits}
            </Button>
          </form>
        )}
      </QueryView>
      {asking && query.data !== undefined && (
        <LimitsDialog
          wanted={wanted}
          limits={query.data.limits}
          onChanged={() => setDraft({})}
          onClose={() => setAsking(false)}
        />
      )}
    </Panel>
  )
}

/** The unit of an amount as the api names it, and then of what. */
const QUOTE_UNITS = 'quote units'

interface LimitRowProps {
  limit: Limit
  /** What is typed; null: back to the file. */
  value: string | null | undefined
  /** Null: the reader may not change it. */
  onChange: ((value: string | null) => void) | null
}

function LimitRow({ limit: { name, limit, fileLimit, changed, unreadable, used, unit, by }, value, onChange }: LimitRowProps) {
  const { m, f } = useLanguage()
  const { settings: t } = m
  const shown = (text: string | null) => (text === null ? t.unlimited : limitText(text, f))
  const quote = useQuote()
  const unclear = readsTwoWays(name, value ?? '')
  return (
    <tr data-limit={name}>
      <th scope="row" title={`${name}: ${unit}`} className="align-middle !text-text">
        {t.limitNames[name]}
        {unit.startsWith(QUOTE_UNITS) && quote !== null && `, ${quote}`}
      </th>
      <td className="number align-middle">
        {shown(limit)}
        {changed !== null && (
          <span className="block text-xs text-muted" data-changed={name}>
            {t.limitChangedBy(changed.by)}
            <br />
            {t.limitFile(shown(fileLimit))}
          </span>
        )}
        {unreadable && (
          <span role="alert" className="block max-w-48 text-xs whitespace-normal text-red">
            {t.limitUnreadable}
          </span>
        )}
      </td>
      <td className="number align-middle">
        {used === null ? <span className="text-xs text-muted">{t.eachOrder}</span> : inWords(used, f)}
        {by !== null && <span className="block text-xs text-muted">{by}</span>}
      </td>
      <td className="align-middle">
        <input
          className="field w-28"
          aria-label={`${t.newLimit}: ${t.limitNames[name]}`}
          value={value ?? ''}
          placeholder={(value === null ? fileLimit : limit) ?? t.unlimited}
          aria-invalid={unclear}
          autoComplete="off"
          disabled={onChange === null}
          onChange={(event) => onChange?.(event.target.value)}
        />
        {unclear && (
          <span role="alert" className="block max-w-48 text-xs whitespace-normal text-red">
            {t.limitUnclear}
          </span>
        )}
        {changed !== null && onChange !== null && (
          <button type="button" className="block text-xs text-accent underline" onClick={() => onChange(null)}>
            {t.backToFile}
          </button>
        )}
      </td>
    </tr>
  )
}

/** Decimals as the reader writes them; a list of symbols as it is. */
function inWords(text: string, f: Format): string {
  const value = Number(text)
  return text === '' || Number.isNaN(value) ? text : f.number(value, Number.isInteger(value) ? 0 : 2)
}
