import { createHmac } from 'node:crypto'
import { Decimal } from '../../packages/core/src/trading/decimal.ts'
import { exchangeInfo, type Filter, type ListedSymbol } from './exchange-info.ts'
import { filterFailure } from './filters.ts'

/** The account that the exchange knows. */
export const API_KEY = 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A'
export const API_SECRET = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j'

export interface Answer {
  status: number
  body: unknown
}

interface DeskOrder {
  orderId: number
  symbol: string
  clientOrderId: string
  side: 'BUY' | 'SELL'
  type: 'MARKET' | 'LIMIT'
  price: Decimal
  quantity: Decimal
  filled: Decimal
  quoteFilled: Decimal
  /** Of what it pays with, still kept. */
  locked: Decimal
  status: 'NEW' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED'
  time: number
  updateTime: number
}

interface Trade {
  id: number
  order: DeskOrder
  price: Decimal
  quantity: Decimal
  commission: Decimal
  commissionAsset: string
  time: number
}

const FEE_RATE = '0.001'
const refuse = (code: number, msg: string, status = 400): Answer => ({ status, body: { code, msg } })

/**
 * Accounts, orders and trades as the exchange keeps them: market orders fill at once at the last price, the commission of a buy is
 * taken in what was bought, and a client order id is free again when its order has ended.
 */
export class OrderDesk {
  readonly #nowMs: () => number
  readonly #balances = new Map<string, { free: Decimal; locked: Decimal }>([
    ['USDT', { free: new Decimal(10_000), locked: new Decimal(0) }],
  ])
  readonly #listed: ReadonlyMap<string, { base: string; quote: string; lot: string; filters: readonly Filter[] }>
  readonly #lastPrices = new Map<string, Decimal>()
  readonly #orders: DeskOrder[] = []
  readonly #trades: Trade[] = []
  /** A market order fills only so far at once; the rest at the next price. */
  fillShare = 1
  /** Queries by client id say "not found" for so long after the order was taken, ms. */
  notFoundForMs = 0

  /** What was refused for its form, by the name of the filter. */
  readonly filterFailures: string[] = []

  constructor(symbols: readonly ListedSymbol[], nowMs: () => number) {
    this.#nowMs = nowMs
    this.#listed = new Map(
      exchangeInfo(symbols, 0).symbols.map(({ symbol, baseAsset, quoteAsset, filters }) => {
        const lot = filters.find((one) => one['filterType'] === 'LOT_SIZE')?.['stepSize'] ?? '0.00001'
        return [symbol, { base: baseAsset, quote: quoteAsset, lot: String(lot), filters }]
      }),
    )
  }

  /** Orders as the exchange has them, oldest first. */
  get orders(): readonly Readonly<DeskOrder>[] {
    return this.#orders
  }

  /** Somebody pays in or takes out. */
  deposit(asset: string, amount: string): void {
    this.#move(asset, new Decimal(amount), new Decimal(0))
  }

  trade(symbol: string, price: string): void {
    this.#lastPrices.set(symbol, new Decimal(price))
    for (const order of this.#orders)
      if (order.symbol === symbol && isOpen(order)) this.#fill(order, this.#left(order), new Decimal(price))
  }

  /** A signed request: `query` as it came, and what its parameters say. */
  answer(method: string, path: string, query: string, apiKey: string | undefined): Answer {
    const parameters = new URLSearchParams(query)
    const problem = this.#authProblem(query, parameters, apiKey)
    if (problem !== null) return problem
    const symbol = parameters.get('symbol')
    if (symbol !== null && !this.#listed.has(symbol)) return refuse(-1121, 'Invalid symbol.')
    const route = `${method} ${path}`
    if (route === 'POST /api/v3/order') return this.#place(parameters)
    if (route === 'GET /api/v3/order') return this.#query(parameters)
    if (route === 'DELETE /api/v3/order') return this.#cancel(parameters)
    if (route === 'GET /api/v3/openOrders')
      return {
        status: 200,
        body: this.#orders.filter((order) => isOpen(order) && (symbol === null || order.symbol === symbol)).map(orderView),
      }
    if (route === 'GET /api/v3/myTrades') return this.#myTrades(parameters)
    if (route === 'GET /api/v3/account') return { status: 200, body: this.#account() }
    return refuse(-1000, `no such route: ${path}`, 404)
  }

  #authProblem(query: string, parameters: URLSearchParams, apiKey: string | undefined): Answer | null {
    if (apiKey !== API_KEY) return refuse(-2015, 'Invalid API-key, IP, or permissions for action.', 401)
    const signed = query.replace(/&?signature=[0-9a-f]*$/, '')
    const expected = createHmac('sha256', API_SECRET).update(signed).digest('hex')
    if (parameters.get('signature') !== expected) return refuse(-1022, 'Signature for this request is not valid.')
    const timestamp = Number(parameters.get('timestamp'))
    const window = Number(parameters.get('recvWindow') ?? 5000)
    const nowMs = this.#nowMs()
    if (timestamp > nowMs + 1000) return refuse(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    return nowMs - timestamp > window ? refuse(-1021, 'Timestamp for this request is outside of the recvWindow.') : null
  }

  #place(parameters: URLSearchParams): Answer {
    const symbol = parameters.get('symbol') ?? ''
    const listed = this.#listed.get(symbol)
    if (listed === undefined) return refuse(-1121, 'Invalid symbol.')
    const side = parameters.get('side') === 'BUY' ? 'BUY' : 'SELL'
    const type = parameters.get('type') === 'LIMIT' ? 'LIMIT' : 'MARKET'
    const clientOrderId = parameters.get('newClientOrderId') ?? ''
    const quantity = new Decimal(parameters.get('quantity') ?? 0)
    const last = this.#lastPrices.get(symbol)
    if (last === undefined) return refuse(-1013, 'Market is closed.')
    const price = type === 'LIMIT' ? new Decimal(parameters.get('price') ?? 0) : last
    const open = this.#orders.filter((one) => one.symbol === symbol && isOpen(one)).length
    const failure = filterFailure(listed.filters, { type, quantity, price, open })
    if (failure !== null) {
      this.filterFailures.push(`${failure} ${parameters.toString()}`)
      return refuse(-1013, `Filter failure: ${failure}`)
    }
    if (this.#orders.some((order) => order.clientOrderId === clientOrderId && isOpen(order)))
      return refuse(-2010, 'Duplicate order sent.')
    const [asset, needed] = side === 'BUY' ? [listed.quote, quantity.times(price)] : [listed.base, quantity]
    if ((this.#balances.get(asset)?.free ?? new Decimal(0)).lt(needed))
      return refuse(-2010, 'Account has insufficient balance for requested action.')
    this.#move(asset, needed.neg(), needed)
    const nowMs = this.#nowMs()
    const order: DeskOrder = {
      orderId: this.#orders.length + 1,
      symbol,
      clientOrderId,
      side,
      type,
      price: type === 'LIMIT' ? price : new Decimal(0),
      quantity,
      filled: new Decimal(0),
      quoteFilled: new Decimal(0),
      locked: needed,
      status: 'NEW',
      time: nowMs,
      updateTime: nowMs,
    }
    this.#orders.push(order)
    const now = quantity.times(this.fillShare).divToInt(listed.lot).times(listed.lot)
    this.#fill(order, now, last)
    const fills = this.#trades
      .filter((trade) => trade.order === order)
      .map((trade) => ({
        price: trade.price.toFixed(8),
        qty: trade.quantity.toFixed(8),
        commission: trade.commission.toFixed(8),
        commissionAsset: trade.commissionAsset,
        tradeId: trade.id,
      }))
    return { status: 200, body: { ...orderView(order), transactTime: nowMs, fills } }
  }

  #query(parameters: URLSearchParams): Answer {
    const order = this.#find(parameters)
    const hidden = order !== undefined && parameters.has('origClientOrderId') && this.#nowMs() - order.time < this.notFoundForMs
    return order === undefined || hidden ? refuse(-2013, 'Order does not exist.') : { status: 200, body: orderView(order) }
  }

  #cancel(parameters: URLSearchParams): Answer {
    const order = this.#find(parameters)
    if (order === undefined || !isOpen(order)) return refuse(-2011, 'Unknown order sent.')
    this.#end(order, 'CANCELED')
    return {
      status: 200,
      body: {
        ...orderView(order),
        origClientOrderId: order.clientOrderId,
        clientOrderId: 'cancel-1',
        transactTime: this.#nowMs(),
      },
    }
  }

  /** By the newest, when an id was used again. */
  #find(parameters: URLSearchParams): DeskOrder | undefined {
    const orderId = parameters.get('orderId')
    const clientId = parameters.get('origClientOrderId')
    return this.#orders.findLast(
      (order) =>
        order.symbol === parameters.get('symbol') &&
        (orderId === null ? order.clientOrderId === clientId : order.orderId === Number(orderId)),
    )
  }

  #myTrades(parameters: URLSearchParams): Answer {
    const startTime = Number(parameters.get('startTime') ?? 0)
    const fromId = Number(parameters.get('fromId') ?? 0)
    const found = this.#trades.filter(
      ({ id, order, time }) => order.symbol === parameters.get('symbol') && time >= startTime && id >= fromId,
    )
    const body = found.slice(0, Number(parameters.get('limit') ?? 500)).map((trade) => ({
      symbol: trade.order.symbol,
      id: trade.id,
      orderId: trade.order.orderId,
      orderListId: -1,
      price: trade.price.toFixed(8),
      qty: trade.quantity.toFixed(8),
      quoteQty: trade.price.times(trade.quantity).toFixed(8),
      commission: trade.commission.toFixed(8),
      commissionAsset: trade.commissionAsset,
      time: trade.time,
      isBuyer: trade.order.side === 'BUY',
      isMaker: trade.order.type === 'LIMIT',
      isBestMatch: true,
    }))
    return { status: 200, body }
  }

  #account(): unknown {
    const balances = [...this.#balances].map(([asset, { free, locked }]) => ({
      asset,
      free: free.toFixed(8),
      locked: locked.toFixed(8),
    }))
    return { canTrade: true, accountType: 'SPOT', updateTime: this.#nowMs(), balances, permissions: ['SPOT'], uid: 1 }
  }

  #left(order: DeskOrder): Decimal {
    return order.quantity.minus(order.filled)
  }

  #fill(order: DeskOrder, quantity: Decimal, market: Decimal): void {
    const listed = this.#listed.get(order.symbol)
    if (listed === undefined || quantity.lte(0)) return
    const buys = order.side === 'BUY'
    if (order.type === 'LIMIT' && (buys ? market.gt(order.price) : market.lt(order.price))) return
    const price = order.type === 'LIMIT' ? order.price : market
    const commissionAsset = buys ? listed.base : listed.quote
    // Eight places, as the exchange keeps them.
    const value = price.times(quantity)
    const commission = (buys ? quantity : value).times(FEE_RATE).toDecimalPlaces(8)
    const paid = buys ? value : quantity
    const fromLocked = Decimal.min(paid, order.locked)
    this.#move(buys ? listed.quote : listed.base, fromLocked.minus(paid), fromLocked.neg())
    this.#move(buys ? listed.base : listed.quote, (buys ? quantity : value).minus(commission), new Decimal(0))
    order.locked = order.locked.minus(fromLocked)
    order.filled = order.filled.plus(quantity)
    order.quoteFilled = order.quoteFilled.plus(value)
    order.status = 'PARTIALLY_FILLED'
    order.updateTime = this.#nowMs()
    this.#trades.push({ id: this.#trades.length + 1, order, price, quantity, commission, commissionAsset, time: this.#nowMs() })
    if (this.#left(order).lte(0)) this.#end(order, 'FILLED')
  }

  #end(order: DeskOrder, status: 'FILLED' | 'CANCELED'): void {
    const listed = this.#listed.get(order.symbol)
    if (listed !== undefined) this.#move(order.side === 'BUY' ? listed.quote : listed.base, order.locked, order.locked.neg())
    order.locked = new Decimal(0)
    order.status = status
    order.updateTime = this.#nowMs()
  }

  #move(asset: string, free: Decimal, locked: Decimal): void {
    const before = this.#balances.get(asset) ?? { free: new Decimal(0), locked: new Decimal(0) }
    this.#balances.set(asset, { free: before.free.plus(free), locked: before.locked.plus(locked) })
  }
}

function isOpen({ status }: DeskOrder): boolean {
  return status === 'NEW' || status === 'PARTIALLY_FILLED'
}

function orderView(order: DeskOrder): Record<string, unknown> {
  return {
    symbol: order.symbol,
    orderId: order.orderId,
    orderListId: -1,
    clientOrderId: order.clientOrderId,
    price: order.price.toFixed(8),
    origQty: order.quantity.toFixed(8),
    executedQty: order.filled.toFixed(8),
    cummulativeQuoteQty: order.quoteFilled.toFixed(8),
    status: order.status,
    timeInForce: 'GTC',
    type: order.type,
    side: order.side,
    stopPrice: '0.00000000',
    icebergQty: '0.00000000',
    time: order.time,
    updateTime: order.updateTime,
    isWorking: true,
    workingTime: order.time,
    origQuoteOrderQty: '0.00000000',
    selfTradePreventionMode: 'EXPIRE_MAKER',
  }
}
