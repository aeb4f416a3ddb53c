import { TOLD, type ToldCode } from '@spark/contract/told'

/** What stands in a place of a fixed sentence and is no figure. */
const decisions = {
  kill: 'killed',
  rollback: 'rolled back',
  'preview only': 'preview only',
  'counter move': 'counter-move',
  hold: 'holds',
  pause: 'paused',
  'await approval': 'waits for an approval',
  advance: 'advances',
  'venue halted': 'venue halted',
  'venue resumed': 'venue resumed',
}

const sentences: Record<ToldCode, string> = TOLD

const turkish: Record<ToldCode, string> = {
  auto_paused: 'stratejiler duraklatıldı, ilki {strategy}: {told}',
  day_lost: 'bugün {amount} kaybedildi, en çok {most}',
  drawn_down: 'tepenin %{percent} altında, en çok %{most}',
  dead_letter: 'emir kuyruğunda ölü ileti: {key}, {code}: {words}',
  job_failed: '{job} işi başarısız oldu: {words}',
  model_loses: '{model} maliyetlerden sonra kaybediyor, rastlantıyla açıklanamaz: rakamlar için spark calibration verdict',
  clock_doubted: '{told}; piyasanın saati uyuşana dek hiçbir emir riski artırmaz',
  clock_forward: 'saat {seconds} sn ileri gitti: {at}',
  clock_back: 'saat {seconds} sn geri gitti: {at}',
  clock_agrees: 'piyasanın saati yeniden uyuşuyor',
  venue_halted: '{venue}: emir gönderilmiyor; {told}',
  venue_agrees: '{venue}: defterimiz ve borsa yeniden uyuşuyor',
  fill_unexplained: 'borsa {order} emrinin {quantity} kadarını doldurdu, defterimiz bunu açıklayamıyor',
  order_unknown: 'borsada {order} emri var, defterimizde yok',
  order_vanished: 'borsa onayladığı {order} emrini artık tanımıyor',
  balance_differs: 'borsada {theirs} {asset} var, defterimizde {ours}',
  backfilled: '{streams} akışa {added} mum eklendi',
  gaps_repaired: '{holes} boşluk, bunlar için {added} mum bulundu',
  backed_up: '{folder}: {files} dosya, {megabytes} MB, açıldı ve denetlendi; {removed} eski yedek silindi',
  snapshot_written: '{path}: {rows} satır; {removed} eski dosya silindi',
  verified: 'veritabanları sağlam; {rows} denetim satırı ve {checkpoints} denetim noktası doğrulandı',
  pruned:
    'silinenler: {slices} dilim, {equity} sermaye noktası, {runs} iş çalışması, {messages} ileti, {alerts} uyarı, {labels} etiket, {reports} rapor',
  labelled: '{count} etiket; {told}',
  candidate_made:
    '{day} gününe dek {labels} etiketten {model}: {parent} modelinin rakibi; yalnız bir açılış onu asıl model yapar',
  no_candidate: 'aday yok: {words}',
  model_judged: '{model}: {verdict}, {rounds} tur daha',
  week_learned: '{day} gününe dek olan hafta zaten öğrenildi',
  no_champion: 'asıl model okunamıyor: hiçbir şey öğrenilmedi',
  labels_behind: 'şunların etiketleri bekleniyor: {streams}',
  first_start: 'ilk başlatma',
  all_the_time: 'her an {bound}',
  a_minute: 'dakikada {bound}',
  balanced: 'en az {count} kova, hiçbiri %{percent} üstünde değil',
  ended_unlike: '{phase} ile bitti, {expected} bekleniyordu: {told}',
  ended_other: '{phase} ile bitti, {expected} bekleniyordu',
  ended_expected: 'beklendiği gibi {phase} ile bitti',
  ended_by_faults_because: 'arızalarının gerektirdiği gibi {phase} ile bitti: {told}',
  ended_by_faults: 'arızalarının gerektirdiği gibi {phase} ile bitti',
  ended_without_fault_because: 'arıza yokken {phase} ile bitti: {told}',
  ended_without_fault: 'arıza yokken {phase} ile bitti',
  ended_done: 'sonuna dek gitti',
  holds_by_faults: 'hâlâ {phase}: arızalarının gerektirdiği gibi tutuyor: {told}',
  not_ended: 'süresi dolduğunda hâlâ {phase}: {told}',
  executor_died: 'yürütücü öldü',
  executor_starts: 'yürütücü başlıyor',
  rollout_begins: 'açılış önizlemede başlıyor',
  fenced: 'dönem {epoch}, yolda {count} emir',
  kept: 'bundan önce {duration} boyunca: {told}',
  not_calm: 'uyarısız geçen süre yetmiyor',
  gate_clear: '{gate} düzeldi',
  alerted: '{severity} ({code}): {told}',
  decided: '{decision}: {told}',
}

const en = {
  sentences,
  decisions,
  begins: 'begins',
  ends: 'ends',
  lasting: (time: string) => `for ${time}`,
  refused: (why: string) => `refused, ${why}`,
  withSecond: (who: string) => `with ${who}`,
}

const tr: typeof en = {
  sentences: turkish,
  decisions: {
    kill: 'acil durduruldu',
    rollback: 'geri alındı',
    'preview only': 'yalnız önizleme',
    'counter move': 'karşı hamle',
    hold: 'tutuyor',
    pause: 'duraklatıldı',
    'await approval': 'onay bekliyor',
    advance: 'ilerliyor',
    'venue halted': 'borsa durduruldu',
    'venue resumed': 'borsa sürüyor',
  },
  begins: 'başlar',
  ends: 'biter',
  lasting: (time) => `${time} boyunca`,
  refused: (why) => `reddedildi, ${why}`,
  withSecond: (who) => `${who} ile`,
}

export const told = { en, tr }
