import { join } from 'node:path'
import { ConfigError, type Config } from '../config.ts'
import type { Clock } from '../clock.ts'
import { exchangeKeysOf } from '../exchange-keys.ts'
import { hideInLogs } from '../log.ts'
import { systemRandomness } from '../random.ts'
import { createExchangeKeyStore } from '../storage/exchange-key-store.ts'
import { createInstallationStore } from '../storage/installation-store.ts'
import type { MainDatabase } from '../storage/open-main-database.ts'
import { isPostgresUrl } from '../storage/postgres-url.ts'
import { createStrategyStore } from '../storage/strategy-store.ts'
import { openCcxtVenue } from '../venue/ccxt-venue.ts'
import { PAPER_TERMS, openPaperVenue } from '../venue/paper-venue.ts'
import type { PriceTick, Venue } from '../venue/venue.ts'
import { exchangeOf } from '../venue/venue-names.ts'
import { modeProblems } from './check-mode.ts'

/** Quote units of a new paper account. */
const PAPER_BALANCE = 200_000

export interface OpenVenue {
  venue: Venue
  /** Paper fills by the prices it is told of; null: the venue has its own market. */
  tellPrice: ((tick: PriceTick) => Promise<void>) | null
}

/** Throws ConfigError with everything that forbids this installation to trade as it is set; else the folder belongs to its venue. */
export async function checkMode(
  { live, venueName, file }: Pick<Config, 'live' | 'venueName' | 'file'>,
  { db }: MainDatabase,
  clock: Clock,
): Promise<void> {
  const installation = createInstallationStore(db)
  const stored = await createStrategyStore(db).list()
  // What is stored stays as it is, whatever the file says.
  const known = new Set(stored.map(({ id }) => id))
  const problems = modeProblems({
    live,
    venue: venueName,
    boundVenue: await installation.boundVenue(),
    hasKeys: (await createExchangeKeyStore(db).sealed(venueName)) !== null,
    risk: file.risk,
    armed: [...stored, ...file.strategies.filter(({ id }) => !known.has(id))].filter(({ mode }) => mode === 'live').length,
  })
  if (problems.length > 0) throw new ConfigError(problems)
  await installation.bindVenue(venueName, clock.nowMs())
}

/** Opens the venue of the settings. Rejects with VenueError, StorageError or ConfigError. */
export async function openVenue(config: Config, { db }: MainDatabase, clock: Clock, wallClock: Clock): Promise<OpenVenue> {
  const exchange = exchangeOf(config.venue)
  if (exchange !== null) {
    const keys = await exchangeKeysOf({
      store: createExchangeKeyStore(db),
      keyFile: config.masterKeyFile,
      venue: config.venueName,
    })
    hideInLogs([keys.apiKey, keys.secret])
    const venue = await openCcxtVenue({ exchange, keys, live: config.live, baseUrl: config.exchangeUrl, clock })
    return { venue, tellPrice: null }
  }
  const { startBalance, partialFills, ...terms } = config.file.paper ?? {}
  const venue = await openPaperVenue({
    path: isPostgresUrl(config.databasePath) ? config.databasePath : join(config.dataDir, 'paper-venue.db'),
    thread: true,
    clock,
    wallMs: () => wallClock.nowMs(),
    random: systemRandomness,
    startBalances: { USDT: String(startBalance ?? PAPER_BALANCE) },
    terms: {
      ...PAPER_TERMS,
      ...(partialFills !== undefined && { partialFills }),
      ...Object.fromEntries(Object.entries(terms).map(([key, value]) => [key, String(value)])),
    },
  })
  return { venue, tellPrice: (tick) => venue.onPrice(tick) }
}
