import { FINDINGS, type FindingCode } from '@spark/contract/finding'

const en: Record<FindingCode, string> = FINDINGS

/** `{found}` is a finding itself; `{words}` come from elsewhere and stay as they are. */
const tr: typeof en = {
  restart_it: '{found}: spark triage restart ile yeniden başlatın',
  restarts_itself: '{found}; spark up çalışıyorsa 10 sn takılan süreci sonlandırır ve yeniden başlatır',
  no_answer: '{url} {seconds} sn içinde yanıt vermedi',
  out_of_reach: '{url} adresine ulaşılamıyor',
  answers: '{url} {status} yanıtını veriyor',
  asked_to_stop: 'yürütücüden (süreç {pid}) durması istendi; spark up onu yeniden başlatır',
  not_local: 'yanıt veren, bu makinenin {process} süreci değil; çalıştığı yerde yeniden başlatın',
  not_stopped: 'süreç {pid} için durma isteği iletilemedi: {words}',
  executor_ok: 'yürütücü {milliseconds} ms içinde yanıt verdi ve sağlıklı',
  executor_not_ok: 'yürütücü {milliseconds} ms içinde yanıt verdi ve sağlıklı değil: {words}',
  feed_silent: '{feed}: henüz ileti yok, {streams} akıştan {warm} tanesi skorlanabilir',
  feed_heard: '{feed}: en kötü akışın son iletisi {seconds} sn önce, {streams} akıştan {warm} tanesi skorlanabilir',
  none_scored: '{strategies} strateji soruyor, henüz skor yok; {uptime} sn’dir çalışıyor',
  last_scored: '{strategies} strateji soruyor, son skor {seconds} sn önce; {uptime} sn’dir çalışıyor',
  behind_apart: '{process} saati bu süreçten {milliseconds} ms geride: AYRIK',
  ahead_apart: '{process} saati bu süreçten {milliseconds} ms ileride: AYRIK',
  behind: '{process} saati bu süreçten {milliseconds} ms geride',
  ahead: '{process} saati bu süreçten {milliseconds} ms ileride',
  market_silent: 'henüz piyasa iletisi gelmedi',
  market_stale: 'son piyasa iletisi {seconds} sn önce geldi: BAYAT',
  market_heard: 'son piyasa iletisi {seconds} sn önce geldi',
  no_errors: 'son {minutes} dk içindeki {rows} denetim satırında hata yok',
  errors: 'son {minutes} dk içindeki {rows} denetim satırında {count} hata, {kinds} tür',
  error: '{code} × {count}, sonuncusu {at}, {action}',
  job_failed: '{job} başarısız oldu: {words}',
  job_hangs: '{job} bitmedi: takıldı ya da süreciyle birlikte öldü',
  job_late: '{job} gecikti: zamanı {at} idi',
  job_unrun: '{job} burada henüz çalışmadı',
  jobs_fine: 'her iş zamanında çalıştı, hiçbiri başarısız olmadı',
  nobody_asks: 'hiçbir strateji skor istemiyor',
  streams_scored: '{streams} akıştan {scored} tanesi skorlanıyor',
  log_line: 'günlük: {words}',
  unscored_because: '{stream}, {strategies} strateji: son {rows} skor arasında yok; yürütücüde satır yok: {words}',
  unscored: '{stream}, {strategies} strateji: son {rows} skor arasında yok',
  scored: '{stream}, {strategies} strateji: {at} skor {score}, güven {confid}, {words}',
  changed: '{setting} {before} → {after}, hemen ve yeniden başlatmadan',
  unchanged: 'son uygulanan da buydu: değişen bir şey yok',
  preview_only: '{rollout} yalnız önizlemede; dönüş onay ister',
  none_on_wire: 'dönem {epoch}; yolda ML emri yok',
  on_wire: 'dönem {epoch}; yolda: {orders}',
  model_unread: 'skorlayan model okunamıyor: spark doctor komutuna bakın',
  equal_already: '{model} zaten eşit ağırlıklı: önerilecek bir şey yok',
  equal_would_be: 'eşit ağırlıklar {model} modeli olurdu; hiçbir şey uygulanmadı',
  decided_otherwise: 'son {rows} skordan {count} tanesinin kararı değişirdi, medyan güven {before} → {after}',
  how_to_try: 'denemek için: ML_SIGNAL_WEIGHTS=0.33,0.33,0.33 spark apply, ardından spark rollout start; önizlemede başlar',
  no_channel: 'hiçbir kanal kurulu değil: SLACK_WEBHOOK_URL, TELEGRAM_BOT_TOKEN ya da ALERT_WEBHOOK_URL ayarlayın',
  waits_to_be_sent: 'gönderilmeyi bekliyor: {channels}',
}

const processes = {
  en: { executor: 'executor', database: 'database', api: 'api' },
  tr: { executor: 'yürütücü', database: 'veritabanı', api: 'API' },
}

export const findings = {
  en: { sentences: en, processes: processes.en },
  tr: { sentences: tr, processes: processes.tr },
}
