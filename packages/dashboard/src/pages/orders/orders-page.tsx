import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { ORDER_STATES } from '@spark/contract/trading'
import { useCommand } from '../../commands.ts'
import { Moment } from '../../components/ago.tsx'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog } from '../../components/confirm-dialog.tsx'
import { OrderTable } from '../../components/order-table.tsx'
import { Panel } from '../../components/panel.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { useLanguage } from '../../i18n/language.tsx'
import { StrategyLink } from '../../components/strategy-link.tsx'
import { queries } from '../../queries.ts'
import { quoteAsset } from '@spark/contract/quote-asset'
import type { OrdersSearch } from '../../search.ts'
import { usePermissions } from '../../session.ts'

const ROWS_SHOWN = '100'

export function OrdersPage() {
  const { m } = useLanguage()
  const { trading: t } = m
  const search = useSearch({ from: '/orders' })
  const navigate = useNavigate({ from: '/orders' })
  const orders = useQuery(queries.orders({ ...search, limit: ROWS_SHOWN }))
  const { strategyId } = search
  const isFiltered = strategyId !== undefined || search.state !== undefined
  return (
    <div className="grid gap-3 p-2 sm:p-3">
      <h1 className="sr-only">{t.orders}</h1>
      <Positions />
      <Panel
        title={t.orders}
        what={
          strategyId !== undefined && (
            <>
              {t.ofStrategy(strategyId)},{' '}
              <button
                type="button"
                className="text-accent underline"
                onClick={() => void navigate({ search: ({ strategyId: _, ...before }) => before })}
              >
                {t.allStrategies}
              </button>
            </>
          )
        }
        className="min-h-60"
        actions={
          <select
            className="field"
            aria-label={t.state}
            value={search.state ?? ''}
            onChange={(event) =>
              void navigate({
                search: ({ state: _, ...before }) =>
                  event.target.value === ''
                    ? before
                    : { ...before, state: event.target.value as NonNullable<OrdersSearch['state']> },
              })
            }
          >
            <option value="">{t.anyState}</option>
            {ORDER_STATES.map((state) => (
              <option key={state} value={state}>
                {t.orderStates[state]}
              </option>
            ))}
          </select>
        }
      >
        <QueryView query={orders} height="min-h-40">
          {({ items }) =>
            items.length === 0 ? (
              <p className="text-muted">{isFiltered ? t.noSuchOrder : t.noOrders}</p>
            ) : (
              <OrderTable orders={items} />
            )
          }
        </QueryView>
      </Panel>
      <Fills />
    </div>
  )
}

function Positions() {
  const { m, f } = useLanguage()
  const { trading: t } = m
  const run = useCommand()
  const { canFlatten } = usePermissions()
  const [scope, setScope] = useState<string | null>(null)
  const query = useQuery(queries.positions)
  const why = canFlatten ? null : m.common.notPermitted
  return (
    <Panel
      title={t.positions}
      className="min-h-40"
      actions={
        <Button tone="danger" why={why} onClick={() => setScope('all')}>
          {t.flattenAll}
        </Button>
      }
    >
      <QueryView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">{t.noPositions}</p>
          ) : (
            <ul className="max-h-80 overflow-y-auto" tabIndex={0}>
              {items.map(({ strategyId, symbol, arm, quantity, averagePrice, openedAt, reduceOnly }) => (
                <li key={strategyId} className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line py-1">
                  <StrategyLink id={strategyId} />
                  <span className="text-muted">{arm}</span>
                  <span>
                    {f.decimal(quantity)} {symbol} @ {f.decimal(averagePrice)} {quoteAsset(symbol)}
                  </span>
                  <Moment ms={openedAt} />
                  {reduceOnly && <span className="text-amber">{t.reduceOnly}</span>}
                  <Button className="ms-auto" why={why} onClick={() => setScope(`strategy:${strategyId}`)}>
                    {t.flatten}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
      {scope !== null && (
        <ConfirmDialog
          title={t.flatten}
          word={scope}
          firstReason={m.rollout.fromDashboard}
          confirm={t.flatten}
          tone="danger"
          onConfirm={async (reason) => (await run('flatten', { body: { scope, confirm: scope, reason } }, t.flatten)) !== null}
          onClose={() => setScope(null)}
        >
          <p>{t.flattenWhat(scope)}</p>
        </ConfirmDialog>
      )}
    </Panel>
  )
}

function Fills() {
  const { m, f } = useLanguage()
  const { trading: t } = m
  const query = useQuery(queries.fills({ limit: ROWS_SHOWN }))
  return (
    <Panel
      title={t.fills}
      className="min-h-40"
      actions={
        <a className="text-accent underline" href="/api/fills?format=csv&limit=10000" download>
          {t.csv}
        </a>
      }
    >
      <QueryView query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="text-muted">{t.noFills}</p>
          ) : (
            <ul className="max-h-96 overflow-y-auto" tabIndex={0}>
              {items.map((fill) => (
                <li
                  key={`${fill.venue} ${fill.symbol} ${fill.fillId}`}
                  className="flex flex-wrap gap-x-4 border-b border-line py-1"
                >
                  <Moment ms={fill.ts} />
                  <StrategyLink id={fill.strategyId} />
                  <span className="text-muted">{fill.arm}</span>
                  <span>
                    {t[fill.side]} {f.decimal(fill.quantity)} {fill.symbol} @ {f.decimal(fill.price)} {quoteAsset(fill.symbol)}
                  </span>
                  <span className="text-muted">
                    {t.fee} {f.decimal(fill.fee)} {fill.feeAsset}
                  </span>
                  <span className="ms-auto">{f.amount(fill.realized, quoteAsset(fill.symbol), true)}</span>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Panel>
  )
}
