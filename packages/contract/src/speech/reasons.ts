import { FACTS, REASONS, type FactCode, type ReasonCode } from '../reason.ts'

/** Reasons of the controller by their code, with the places of their figures. English is what the controller itself says. */
const en: Record<ReasonCode | FactCode, string> = {
  ...REASONS,
  ...FACTS,
  gate_warning: '{gate} {value}, beyond {limit} for half of its hold',
  gate_beyond: '{gate} {value}, beyond {limit}',
}

const tr: typeof en = {
  command_because: '{kind} ({who}): {words}',
  command: '{kind} ({who})',
  paused: 'duraklatan: {who}',
  unwatched: 'denetleyici {seconds} saniyedir karar vermedi',
  breach_open: '{gate} ihlali bitmedi',
  ceiling: 'onaylı üst sınır {share}',
  nobody_asks: 'kimse skor istemiyor; isteyecek olanlar durmuş: {words}',
  not_covered: 'son dakikaların yeterli dilimi değerlendirilemiyor',
  parity: 'süreçler farklı: {facts}',
  risk: 'risk serbest değil: {facts}',
  good_time: '{minutes} dk daha iyi süre',
  calm_time: 'uyarısız {minutes} dk daha',
  not_on_target: 'her değer hedefinde değil',
  counter_move_active: 'denetleyicinin bir karşı hamlesi sürüyor',
  not_proven: 'model için hüküm: {verdict}; plan kanıtlanmış ister',
  step_breaches: 'bu adımda {count} ihlal: bir kişi onaylamalı',
  step_approval: '{step} adımı onay ister',
  return_approval: 'yalnız önizlemeden dönüş onay ister',
  served: '{step} süresini doldurdu: bitti',
  begins: '{step} başlıyor',
  worse_than_baseline: 'model temel kuraldan kötü',
  blind: '{seconds} sn kör: çok az dilim değerlendirilebiliyor',
  blind_because: '{seconds} sn kör: {facts}',
  breach_at_once_errors: '{gate} {seconds} sn boyunca {limit} ötesinde, hemen, en kötü {worst}; en sık: {errors}',
  breach_errors: '{gate} {seconds} sn boyunca {limit} ötesinde, en kötü {worst}; en sık: {errors}',
  breach_at_once: '{gate} {seconds} sn boyunca {limit} ötesinde, hemen, en kötü {worst}',
  breach: '{gate} {seconds} sn boyunca {limit} ötesinde, en kötü {worst}',
  clear: '{gate} düzeldi: karşı hamleleri geri alındı',
  floor_raised: '{gate} uyarısı sürüyor: güven tabanı {before} → {after}',
  plan_changed:
    '{rollout} planı başladıktan sonra veritabanında değiştirilmiş: özeti {started} idi, şimdi {hash}; değişen plan yeni bir açılıştır',
  told_rolled_back: 'geri alındı: {because}',
  told_killed: 'acil durduruldu: {because}',
  told_preview_only: 'yalnız önizleme: {because}',
  gate_warning: '{gate} {value}, süre sınırının yarısı boyunca {limit} ötesinde',
  gate_beyond: '{gate} {value}, {limit} ötesinde',
  kill_switch: 'acil durdurma {scopes}',
  venue_halted: '{venue} durduruldu: {words}',
  clock_stepped: '{words}; piyasanın saati henüz uyuşmuyor',
  auto_paused: '{count} strateji duraklatıldı ({limits}), ilki {strategy}',
  no_api: 'hiçbir API ne çalıştırdığını bildirmedi',
  no_executor: 'hiçbir yürütücü ne çalıştırdığını bildirmedi',
  runs_build: '{processes} {hash} derlemesini çalıştırıyor',
  runs_schema: '{processes} {hash} şemasını kullanıyor',
  runs_model: '{processes} {hash} modelini kullanıyor',
}

export const reasons = { en, tr }
