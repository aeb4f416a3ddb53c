import type { GuardrailReason } from '@spark/contract/ml'
import type { PositionDecision, RiskCode } from '@spark/contract/trading'

/** Codes of the order path beside those of risk, and what the page itself makes of a row. */
type PathCode =
  | 'below_floor'
  | 'paused'
  | 'stopped'
  | 'order_open'
  | 'old_epoch'
  | 'exposure_lease_over'
  | 'clock_stepped'
  | 'signal_expired'
  | 'venue_halted'
  | 'never_arrived'
  | 'cancelled'
  | 'rejected'
  | 'expired'
  | 'invalid_payload'
  | 'attempts_exhausted'
type WhyCode = PositionDecision['reason'] | GuardrailReason | RiskCode | PathCode

const en: Record<WhyCode, string> = {
  long_signal: 'the signal is up',
  short_signal: 'the signal is down',
  no_opinion: 'no direction: the averages are equal',
  below_floor: 'ML is not sure enough: confidence below the floor',
  already_long: 'it holds a position already',
  already_flat: 'it wants to be flat, and is',
  advisory: 'ML may not be acted on',
  score_error: 'the row could not be scored',
  no_answer: 'nobody answered with a score in time',
  not_running: 'it is not running',
  invalid_feature: 'the row of the candle cannot be right',
  features_missing: 'the indicators are not warm yet',
  stale_feature: 'the market data is stale',
  model_unavailable: 'the model cannot be used',
  slo_breach: 'a gate of the rollout is breached',
  killed: 'a kill switch is set',
  guardrail_error: 'a guardrail failed, and closed the answer',
  risk_check_failed: 'the check of risk failed, and refused',
  risk_not_a_number: 'quantity or price is not a number',
  risk_duplicate: 'this candle was ordered already',
  risk_venue_form: 'the venue does not take this quantity or value',
  risk_killed: 'a kill switch is set',
  risk_symbol_not_allowed: 'the symbol is not allowed',
  risk_no_reference_price: 'no good market price is known',
  risk_price_too_old: 'the newest market price is too old',
  risk_price_collar: 'the price is too far from the market',
  risk_order_value: 'limit of one order',
  risk_capital: 'its capital is used',
  risk_strategy_position: 'limit of a strategy’s position',
  risk_total_position: 'limit of all positions together',
  risk_order_rate: 'limit of orders a minute',
  risk_repeated: 'limit of repeated orders',
  risk_no_equity: 'the equity is not known',
  risk_daily_loss: 'limit of the day’s loss',
  risk_drawdown: 'limit of the drawdown',
  paused: 'it was paused',
  stopped: 'it was stopped',
  order_open: 'an order of it has not ended',
  old_epoch: 'decided before a rollback',
  exposure_lease_over: 'nobody watches the exposure: its lease is over',
  clock_stepped: 'the clock stepped',
  signal_expired: 'the signal was too old to be sent',
  venue_halted: 'orders to the venue are halted',
  never_arrived: 'the venue never got it',
  cancelled: 'the order was cancelled',
  rejected: 'the order was rejected',
  expired: 'the order expired',
  invalid_payload: 'the job cannot be read',
  attempts_exhausted: 'every attempt failed',
}

const tr: typeof en = {
  long_signal: 'sinyal yukarı',
  short_signal: 'sinyal aşağı',
  no_opinion: 'yön yok: ortalamalar eşit',
  below_floor: 'ML yeterince emin değil: güven tabanın altında',
  already_long: 'zaten pozisyonu var',
  already_flat: 'pozisyonsuz olmak istiyor, zaten öyle',
  advisory: 'ML ile hareket edilemez',
  score_error: 'satır skorlanamadı',
  no_answer: 'zamanında skor gelmedi',
  not_running: 'çalışmıyor',
  invalid_feature: 'mumun satırı doğru olamaz',
  features_missing: 'göstergeler henüz ısınmadı',
  stale_feature: 'piyasa verisi bayat',
  model_unavailable: 'model kullanılamıyor',
  slo_breach: 'açılışın bir kapısı ihlalde',
  killed: 'acil durdurma açık',
  guardrail_error: 'bir koruma hata verdi ve yanıtı kapattı',
  risk_check_failed: 'risk denetimi hata verdi ve reddetti',
  risk_not_a_number: 'miktar ya da fiyat sayı değil',
  risk_duplicate: 'bu mum için zaten emir verildi',
  risk_venue_form: 'borsa bu miktarı ya da değeri almıyor',
  risk_killed: 'acil durdurma açık',
  risk_symbol_not_allowed: 'sembole izin yok',
  risk_no_reference_price: 'iyi bir piyasa fiyatı bilinmiyor',
  risk_price_too_old: 'en yeni piyasa fiyatı çok eski',
  risk_price_collar: 'fiyat piyasadan çok uzak',
  risk_order_value: 'tek emir limiti',
  risk_capital: 'sermayesi kullanıldı',
  risk_strategy_position: 'strateji pozisyonu limiti',
  risk_total_position: 'bütün pozisyonların limiti',
  risk_order_rate: 'dakikadaki emir limiti',
  risk_repeated: 'yinelenen emir limiti',
  risk_no_equity: 'özkaynak bilinmiyor',
  risk_daily_loss: 'günlük zarar limiti',
  risk_drawdown: 'düşüş limiti',
  paused: 'duraklatıldı',
  stopped: 'durduruldu',
  order_open: 'bitmemiş bir emri var',
  old_epoch: 'geri almadan önce karar verilmiş',
  exposure_lease_over: 'maruziyeti kimse izlemiyor: süresi doldu',
  clock_stepped: 'saat atladı',
  signal_expired: 'sinyal gönderilemeyecek kadar eskiydi',
  venue_halted: 'borsaya emirler durduruldu',
  never_arrived: 'borsaya hiç ulaşmadı',
  cancelled: 'emir iptal edildi',
  rejected: 'emir reddedildi',
  expired: 'emrin süresi doldu',
  invalid_payload: 'iş okunamıyor',
  attempts_exhausted: 'bütün denemeler başarısız oldu',
}

export const why = { en, tr }

/** Why something was decided, refused or left, by its stable code. A code that the page does not know, as those of a venue, stands for itself. */
export function whyText(code: string, texts: typeof en): string {
  return (texts as Record<string, string>)[code] ?? code
}
