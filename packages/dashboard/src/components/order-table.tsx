import { HeadRow, figures } from './head-row.tsx'
import { ScrollTable } from './scroll-table.tsx'
import { quoteAsset } from '@spark/contract/quote-asset'
import type { OrderView } from '@spark/contract/trading'
import { useLanguage } from '../i18n/language.tsx'
import { whyText } from '../i18n/why.ts'
import { Moment } from './ago.tsx'
import { StrategyLink } from './strategy-link.tsx'

export function OrderTable({ orders }: { orders: readonly OrderView[] }) {
  const { m, f } = useLanguage()
  const { trading: t } = m
  return (
    <ScrollTable label={t.orders}>
      <HeadRow
        columns={[t.time, m.overview.strategy, t.side, t.arm, figures(t.quantity), figures(t.price), t.state, t.reasonName]}
      />
      <tbody>
        {orders.map((order) => (
          <tr key={order.intentId}>
            <td>
              <Moment ms={order.createdAt} />
            </td>
            <td>
              <StrategyLink id={order.strategyId} />
            </td>
            <td>
              {t[order.side]} <span className="text-muted">{t.purposes[order.purpose]}</span>
            </td>
            <td>{order.arm}</td>
            <td className="number">
              {f.decimal(order.filledQuantity)} / {f.decimal(order.quantity)}
            </td>
            <td className="number">
              {f.decimal(order.referencePrice)} {quoteAsset(order.symbol)}
            </td>
            <td>{t.orderStates[order.state]}</td>
            <td>{order.reason === null ? '—' : whyText(order.reason, m.why)}</td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  )
}
