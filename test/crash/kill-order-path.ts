import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { Decimal } from '@spark/core/trading/decimal'
import { openAuditReader } from '@spark/server/storage/audit/audit-reader'
import { verifyAudit } from '@spark/server/storage/audit/verify-audit'

const CHILD = fileURLToPath(new URL('./order-path-child.ts', import.meta.url))

interface Life {
  /** How many points it passed, when it was not killed. */
  points: number | null
  errors: string
}

function live(folder: string, point: number, seed: number, behaviour = 'badly'): Promise<Life> {
  const child = spawn(process.execPath, [CHILD, folder, String(point), String(seed), behaviour], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ points: code === 0 ? (JSON.parse(out) as { points: number }).points : null, errors }))
  })
}

/** Kills one life at a point of the order path, lets the next one find out what became of it, and checks the books. */
export async function killedAt(point: number, seed: number): Promise<'killed' | 'lived'> {
  const folder = mkdtempSync(join(tmpdir(), 'spark-kill-'))
  try {
    const first = await live(folder, point, seed)
    expect(first.errors).toBe('')
    const second = first.points === null ? await live(folder, 0, seed + 1, 'well') : first
    expect(`${second.points === null ? 'died' : 'ended'} ${second.errors}`).toBe('ended ')
    await checkBooks(folder)
    return first.points === null ? 'killed' : 'lived'
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Reads only the venue's book and the audit: each order once, each fill told, nothing that the other side does not have. */
async function checkBooks(folder: string): Promise<void> {
  const venue = new DatabaseSync(join(folder, 'paper-venue.db'), { readOnly: true })
  const placed = venue.prepare('select client_order_id, filled_quantity, quantity, state from paper_order').all()
  venue.close()
  const reader = openAuditReader({ dataDir: folder, thread: false })
  const told = new Map<string, { filled: Decimal; fills: Set<string>; last: string; outbox: number[] }>()
  for await (const { action, context } of reader.exportRows({ all: true })) {
    if (!action.startsWith('order.')) continue
    const id = String(context['clientOrderId'])
    const order = told.get(id) ?? { filled: new Decimal(0), fills: new Set(), last: '', outbox: [] }
    const fill = context['fill'] as { id: string; quantity: string } | undefined
    if (fill !== undefined) {
      expect(order.fills.has(fill.id), `fill ${fill.id} of ${id} is told twice`).toBe(false)
      order.fills.add(fill.id)
      order.filled = order.filled.plus(fill.quantity)
    }
    const place = Number(context['outbox'])
    // By their place, not their time: the second life's clock may stand before the first one's.
    if (place > Math.max(0, ...order.outbox)) order.last = action
    order.outbox.push(place)
    told.set(id, order)
  }
  await reader.close()
  // Each strategy wants one order of 12.5; whatever happens it is placed at most once.
  expect(placed.length).toBeLessThanOrEqual(3)
  for (const row of placed) {
    const id = String(row['client_order_id'])
    expect(told.get(id)?.filled.toString(), `the venue filled ${id}`).toBe(String(row['filled_quantity']))
    expect(told.get(id)?.last).toBe('order.filled')
  }
  for (const [id, order] of told) {
    if (!placed.some((row) => row['client_order_id'] === id)) expect(order.fills.size, `${id} is not at the venue`).toBe(0)
    expect(new Set(order.outbox).size, `${id} is carried over once`).toBe(order.outbox.length)
  }
  expect((await verifyAudit({ dataDir: folder })).problems).toEqual([])
}
