import { useState, type FormEvent } from 'react'
import { FAULTS_MAX } from '@spark/contract/rehearsal'
import { useCommand } from '../../commands.ts'
import { Button } from '../../components/button.tsx'
import { Panel } from '../../components/panel.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { usePermissions } from '../../session.ts'
import { askOf, firstFault, type AskForm, type FaultForm, type FaultKind } from './ask-form.ts'

const FIRST: AskForm = { seed: '1', ceiling: 1, mode: 'none', drawn: '3', chosen: [] }
const SEED_MAX = 2 ** 32 - 1
const CEILINGS = [0, 0.1, 0.5, 1]

/** Asks for a rehearsal. */
export function AskPanel({ kinds, onAsked }: { kinds: readonly FaultKind[]; onAsked: (id: string) => void }) {
  const { m, f } = useLanguage()
  const { rehearsal: t } = m
  const run = useCommand()
  const { canAdvance } = usePermissions()
  const [form, setForm] = useState(FIRST)
  const change = (part: Partial<AskForm>) => setForm({ ...form, ...part })
  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault()
    const asked = await run('rehearsalStart', { body: { ...askOf(form, kinds), reason: m.rollout.fromDashboard } }, t.start)
    if (asked !== null) onAsked(asked.id)
  }
  return (
    <Panel title={t.ask} what={t.what}>
      <form className="grid gap-3" onSubmit={(event) => void submit(event)}>
        <div className="flex flex-wrap items-end gap-3">
          <NumberField name={t.seed} min={0} max={SEED_MAX} step={1} value={form.seed} onChange={(seed) => change({ seed })} />
          <label className="grid gap-0.5 text-xs text-muted">
            {t.ceiling}
            <select className="field" value={form.ceiling} onChange={(event) => change({ ceiling: Number(event.target.value) })}>
              {CEILINGS.map((one) => (
                <option key={one} value={one}>
                  {one === 0 ? m.rollout.previewCeiling : f.percent(one)}
                </option>
              ))}
            </select>
          </label>
          <label className="grid gap-0.5 text-xs text-muted">
            {t.faults}
            <select
              className="field"
              value={form.mode}
              onChange={(event) => change({ mode: event.target.value as AskForm['mode'] })}
            >
              <option value="none">{t.noFaults}</option>
              <option value="drawn">{t.drawn}</option>
              <option value="chosen">{t.chosen}</option>
            </select>
          </label>
          {form.mode === 'drawn' && (
            <NumberField
              name={t.howMany}
              min={1}
              max={FAULTS_MAX}
              step={1}
              value={form.drawn}
              onChange={(drawn) => change({ drawn })}
            />
          )}
        </div>
        {form.mode === 'chosen' && <Chosen kinds={kinds} chosen={form.chosen} onChange={(chosen) => change({ chosen })} />}
        <div className="flex flex-wrap items-center gap-3">
          <Button type="submit" tone="accent" why={canAdvance ? null : m.common.notPermitted}>
            {t.start}
          </Button>
          <span className="min-w-0 flex-1 basis-60 text-xs text-muted">
            {t.seedWhat} {t.startWhat}
          </span>
        </div>
      </form>
    </Panel>
  )
}

interface ChosenProps {
  kinds: readonly FaultKind[]
  chosen: readonly FaultForm[]
  onChange: (chosen: readonly FaultForm[]) => void
}

function Chosen({ kinds, chosen, onChange }: ChosenProps) {
  const { m } = useLanguage()
  const [first] = kinds
  const next = 1 + Math.max(-1, ...chosen.map(({ row }) => row))
  return (
    <div className="grid gap-2">
      <ul className="grid gap-2">
        {chosen.map((one) => (
          <FaultRow
            key={one.row}
            kinds={kinds}
            fault={one}
            onChange={(fault) => onChange(chosen.map((other) => (other.row === one.row ? fault : other)))}
            onRemove={() => onChange(chosen.filter(({ row }) => row !== one.row))}
          />
        ))}
      </ul>
      {first !== undefined && chosen.length < FAULTS_MAX && (
        <Button className="self-start justify-self-start" onClick={() => onChange([...chosen, firstFault(next, first)])}>
          {m.rehearsal.add}
        </Button>
      )}
    </div>
  )
}

interface FaultRowProps {
  kinds: readonly FaultKind[]
  fault: FaultForm
  onChange: (fault: FaultForm) => void
  onRemove: () => void
}

function FaultRow({ kinds, fault, onChange, onRemove }: FaultRowProps) {
  const { m } = useLanguage()
  const { rehearsal: t } = m
  const spec = kinds.find(({ kind }) => kind === fault.kind)
  const pick = (kind: string) => {
    const picked = kinds.find((one) => one.kind === kind)
    if (picked !== undefined) onChange({ ...firstFault(fault.row, picked), atMin: fault.atMin, forMin: fault.forMin })
  }
  return (
    <li className="flex flex-wrap items-end gap-2 border-b border-line pb-2">
      <label className="grid min-w-0 gap-0.5 text-xs text-muted">
        {t.kind}
        <select className="field" value={fault.kind} onChange={(event) => pick(event.target.value)}>
          {kinds.map(({ kind }) => (
            <option key={kind}>{kind}</option>
          ))}
        </select>
      </label>
      <NumberField name={t.atMin} min={0} max={100_000} value={fault.atMin} onChange={(atMin) => onChange({ ...fault, atMin })} />
      {spec?.lasts === true && (
        <NumberField
          name={t.forMin}
          min={0.1}
          max={100_000}
          value={fault.forMin}
          onChange={(forMin) => onChange({ ...fault, forMin })}
        />
      )}
      {spec !== undefined && spec.strength !== null && (
        <NumberField
          name={t.strength(named(m.faults.units, spec.strength.unit, spec.strength.unit))}
          min={spec.strength.min}
          max={spec.strength.max}
          value={fault.strength}
          onChange={(strength) => onChange({ ...fault, strength })}
        />
      )}
      <Button aria-label={t.remove(fault.kind)} onClick={onRemove}>
        ×
      </Button>
      {spec !== undefined && <p className="basis-full text-xs text-muted">{named(m.faults.faults, spec.kind, spec.meaning)}</p>}
    </li>
  )
}

/** The server may know more of them than this page. */
const named = (names: object, name: string, otherwise: string) => (names as Record<string, string>)[name] ?? otherwise

interface NumberFieldProps {
  name: string
  min: number
  max: number
  step?: number
  value: string
  onChange: (value: string) => void
}

function NumberField({ name, min, max, step, value, onChange }: NumberFieldProps) {
  return (
    <label className="grid gap-0.5 text-xs text-muted">
      {name}
      <input
        className="field w-28"
        type="number"
        required
        min={min}
        max={max}
        step={step ?? 'any'}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  )
}
