import { ScrollTable } from './scroll-table.tsx'
import type { OrderView } from '@spark/contract/trading'
import { useLanguage } from '../i18n/language.tsx'
import { whyText } from '../i18n/why.ts'
import { Moment } from './ago.tsx'

export function OrderTable({ orders }: { orders: readonly OrderView[] }) {
  const { m, f } = useLanguage()
  const { trading: t } = m
  return (
    <ScrollTable label={t.orders}>
      <thead>
        <tr>
          <th scope="col">{t.time}</th>
          <th scope="col">{m.overview.strategy}</th>
          <th scope="col">{t.side}</th>
          <th scope="col">{t.arm}</th>
          <th scope="col" className="number">
            {t.quantity}
          </th>
          <th scope="col" className="number">
            {t.price}
          </th>
          <th scope="col">{t.state}</th>
          <th scope="col">{t.reasonName}</th>
        </tr>
      </thead>
      <tbody>
        {orders.map((order) => (
          <tr key={order.intentId}>
            <td>
              <Moment ms={order.createdAt} />
            </td>
            <td>{order.strategyId}</td>
            <td>
              {t[order.side]} <span className="text-muted">{t.purposes[order.purpose]}</span>
            </td>
            <td>{order.arm}</td>
            <td className="number">
              {order.filledQuantity} / {order.quantity}
            </td>
            <td className="number">{f.money(order.referencePrice)}</td>
            <td>{t.orderStates[order.state]}</td>
            <td>{order.reason === null ? '—' : whyText(order.reason, m.why)}</td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  )
}
