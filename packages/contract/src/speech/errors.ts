import { ERRORS, type ErrorCode } from '../errors.ts'
import type { Language } from './figures.ts'

interface ErrorWords {
  title: string
  next: string
}

const tr: Record<ErrorCode, ErrorWords> = {
  invalid_feature: {
    title: 'Öznitelik satırında doğru olamayacak bir değer var.',
    next: 'guardrails.reasons alanını ve denetim satırını okuyun; l <= min(o, c) ve h >= max(o, c) olan sonlu sayılar gönderin.',
  },
  features_missing: {
    title: 'Öznitelik satırında bir gösterge eksik.',
    next: 'rsi_14, macd_hist, ema_20 ve ema_50 gönderin; bir akışın ilk 250 mumundan önce skor verilmez.',
  },
  stale_feature: {
    title: 'Öznitelik satırının mumu bir periyottan uzun süre önce kapandı.',
    next: 'Gönderen ile sunucunun saatlerini karşılaştırın; yürütücünün GET /health yanıtı akışının yaşını gösterir.',
  },
  model_unavailable: {
    title: 'Model yok, süresi dolmuş ya da belgesi özetiyle uyuşmuyor.',
    next: 'GET /api/ml/version ve spark doctor çıktısına bakın; saklanan bir model sürümü verin.',
  },
  guardrail_error: {
    title: 'Bir koruma denetimi çalışamadı, bu yüzden yanıt kapalı.',
    next: 'İz kimliğiyle bildirin: bu Spark’ın bir kusurudur.',
  },
  bad_json: { title: 'Gövde geçerli JSON değil.', next: 'Tek bir JSON nesnesi gönderin; tırnaklara ve virgüllere bakın.' },
  bad_request: {
    title: 'İstek, bu yolun aldığı biçimde değil.',
    next: 'GET /api/docs ile karşılaştırın; ayrıntı yerini söyler.',
  },
  setup_link_refused: {
    title: 'Kurulum bağlantısı yanlış, kullanılmış ya da süresi dolmuş.',
    next: 'Bir yöneticiden yenisini isteyin ya da makinede spark users setup-link AD çalıştırın.',
  },
  password_refused: {
    title: 'Parola çok kolay tahmin edilir.',
    next: 'Ayrıntı nedenini söyler; art arda birkaç sıra dışı sözcük iyidir.',
  },
  bad_rehearsal_header: {
    title: 'x-test-guardrails başlığı okunamıyor.',
    next: 'x-test-guardrails: p95=1600,err=0.03 gibi yazın (milisaniye, kesir); stale= saniyedir.',
  },
  invalid_cursor: {
    title: 'İmleç bu listenin verdiği bir imleç değil.',
    next: 'İmleçsiz yeniden başlayın ve nextCursor değerini değiştirmeden geçirin.',
  },
  unauthorized: {
    title: 'Bu yol durumu değiştirir ya da gizli veri gösterir; oturum ya da jeton gerekir.',
    next: 'Oturum açın; ya da kendi jetonunuzla veya veri klasöründeki operator.token ile Authorization: Bearer gönderin, spark komutu bunu kendisi yapar.',
  },
  sign_in_refused: {
    title: 'Ad ile parola birbirine ait değil ya da hesap oturum açamaz.',
    next: 'İkisini yeniden yazın; bir yönetici ya da makinede spark users setup-link AD yeni bir kurulum bağlantısı verir.',
  },
  forbidden: {
    title: 'Rolünüz ya da jetonunuz bunu kapsamıyor.',
    next: 'Ayrıntının adını verdiği izni olan birine ya da rol için bir yöneticiye sorun.',
  },
  step_up_needed: {
    title: 'Bunun için parolanız yeniden gerekir.',
    next: 'Parolayla POST /api/session/confirm gönderin, sonra isteği 10 dakika içinde yineleyin; jetonla olmaz.',
  },
  csrf_header_missing: {
    title: 'Bir oturum, yalnızca başka kaynakların sayfalarının gönderemediği başlıkla bir şey değiştirir.',
    next: 'x-spark-request: 1 başlığını gönderin.',
  },
  second_person_needed: {
    title: 'Üstüne kararı isteyen, onu onaylayamaz.',
    next: 'canOverride izni olan başka biri onaylamalı.',
  },
  origin_refused: {
    title: 'İstek başka bir kaynağın sayfasından geliyor.',
    next: 'Panoyu API’nin adresinden açın ya da tarayıcısız çağırın.',
  },
  host_refused: {
    title: 'Host başlığı bu sunucunun adı değil.',
    next: 'localhost ya da 127.0.0.1 kullanın veya adı SPARK_ALLOWED_HOSTS içine ekleyin.',
  },
  not_found: { title: 'Böyle bir yol yok.', next: 'GET /api/docs yolları listeler.' },
  unknown_id: {
    title: 'Bu kimlikte bir şey yok.',
    next: 'Olanları listeleyin (GET /api/strategies, GET /api/queue/dlq) ve oradan bir kimlik kullanın; silinmiş olabilir.',
  },
  id_taken: {
    title: 'Bu kimlikte başka bir şey zaten var.',
    next: 'Başka bir kimlik kullanın ya da var olanı değiştirin (POST /api/strategies/ID).',
  },
  last_administrator: {
    title: 'Kişileri yönetebilecek kimse kalmazdı.',
    next: 'Önce parolası olan başka birini yönetici yapın.',
  },
  too_many_things: {
    title: 'Bunlardan olabileceği kadar var.',
    next: 'Önce birkaçını silin; sınır ayrıntıda yazar.',
  },
  alert_over: {
    title: 'Uyarı zaten çözülmüş.',
    next: 'Yananları listeleyin (GET /api/alerts?state=open); yeniden çıkarsa değiştirilecek bir durumu olur.',
  },
  confirmation_missing: {
    title: 'Geri alınamayacak olan iki kez yazılmalıdır.',
    next: 'confirm alanında tam olarak ayrıntının verdiği metni gönderin.',
  },
  no_rollout: { title: 'Henüz bir açılış yok.', next: 'Birini başlatın: spark rollout start ya da POST /api/rollout/start.' },
  rollout_refused: {
    title: 'Açılış buna şu anda izin vermiyor.',
    next: 'Ayrıntı nedeni ya da hesabı söyler; GET /api/rollout açılışın nerede olduğunu gösterir.',
  },
  model_refused: {
    title: 'Model bunun için kullanılamaz.',
    next: 'Ayrıntı nedenini söyler: süresi dolmuş, bozuk ya da zaten şampiyon; GET /api/models her sürümü durumuyla listeler.',
  },
  setting_refused: {
    title: 'Bir ayarın alamayacağı bir değeri var; hiçbiri uygulanmadı.',
    next: 'Ayrıntı her ayarı ve neyin doğru olacağını söyler.',
  },
  method_not_allowed: { title: 'Yol var, ama bu yöntemle değil.', next: 'Allow başlığına ve GET /api/docs yanıtına bakın.' },
  body_too_large: { title: 'Gövde bu yolun aldığından büyük.', next: 'Bir seferde daha az gönderin; sınır ayrıntıda yazar.' },
  unsupported_media_type: {
    title: 'Bu yol yalnızca application/json alır.',
    next: 'content-type: application/json başlığını gönderin.',
  },
  sign_in_wait: {
    title: 'Çok fazla oturum açma başarısız oldu ya da şu anda denetleniyor.',
    next: 'Retry-After içindeki saniye kadar bekleyin; makinenin kendisinde spark komutu bu arada çalışır.',
  },
  too_many_requests: { title: 'Bu adresten çok fazla istek geldi.', next: 'Retry-After içindeki saniye kadar bekleyin.' },
  header_too_large: { title: 'İsteğin başlıkları çok büyük.', next: 'Daha az ya da daha kısa başlık gönderin.' },
  request_timeout: { title: 'İstek zamanında gelmedi.', next: 'Yeniden, daha hızlı gönderin.' },
  storage_unavailable: {
    title: 'Depoya yazılamıyor; sonradan kanıtlanamayacak hiçbir şey yanıtlanmaz.',
    next: 'GET /api/healthz ve spark doctor nedeni söyler (disk dolu, kilitli, salt okunur); neden geçince Spark kendiliğinden sürer.',
  },
  internal_error: {
    title: 'Spark olmaması gereken bir yerde hata verdi.',
    next: 'İz kimliğiyle bildirin; nedeni o kimlikli günlük satırındadır.',
  },
}

/** What an error of the catalogue means and what to do next, in this language. */
export function errorWords(language: Language, code: ErrorCode): ErrorWords {
  return language === 'tr' ? tr[code] : ERRORS[code]
}
