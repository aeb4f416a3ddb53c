import type { ReportView } from '@spark/contract/report'

const kinds: Record<ReportView['kind'], string> = { day: 'Day', last: 'Last 24 hours', rollout: 'Phase' }
const states: Record<ReportView['state'], string> = { waiting: 'being made', done: 'made', failed: 'failed' }

const en = {
  title: 'Reports',
  what: 'The 24-hour report of the playbook, each blank filled from what was measured, with signed evidence. One is made for each day at 00:30 UTC.',
  make: 'Last 24 hours now',
  makeDay: 'Yesterday',
  makeWhat: 'The executor makes it within seconds; a period that has a report keeps it.',
  none: 'No report yet. The first is made tonight, or now.',
  kinds,
  states,
  show: 'Show',
  preparedBy: 'prepared by',
  signed: { reviewed: 'reviewed by', approved: 'approved by' },
  review: 'Sign as reviewed',
  approve: 'Sign as approved',
  signWhat: 'Your name stands in the report from then on. Who approves it must be another person than who reviewed it.',
  evidence: 'Evidence (ZIP)',
  page: 'Page with charts',
  criteria: 'Success criteria',
  bands: 'SLO bands',
  bandHead: { figure: 'Figure', good: 'On target', warning: 'Warning', critical: 'Critical', noData: 'No data' },
  text: 'The report',
  notMade: 'This report is not made yet.',
}

const tr: typeof en = {
  title: 'Raporlar',
  what: 'Kılavuzun 24 saatlik raporu: her boşluk ölçülenle dolu, imzalı kanıtıyla. Her gün için UTC 00:30’da biri hazırlanır.',
  make: 'Son 24 saati hazırla',
  makeDay: 'Dün',
  makeWhat: 'Yürütücü saniyeler içinde hazırlar; raporu olan dönem onu korur.',
  none: 'Henüz rapor yok. İlki bu gece ya da şimdi hazırlanır.',
  kinds: { day: 'Gün', last: 'Son 24 saat', rollout: 'Faz' },
  states: { waiting: 'hazırlanıyor', done: 'hazır', failed: 'başarısız' },
  show: 'Göster',
  preparedBy: 'hazırlayan',
  signed: { reviewed: 'inceleyen', approved: 'onaylayan' },
  review: 'İncelendi diye imzala',
  approve: 'Onaylandı diye imzala',
  signWhat: 'Adınız bundan sonra raporda durur. Onaylayan, inceleyenden başka biri olmalı.',
  evidence: 'Kanıt (ZIP)',
  page: 'Grafikli sayfa',
  criteria: 'Başarı ölçütleri',
  bands: 'SLO bantları',
  bandHead: { figure: 'Ölçü', good: 'Hedefte', warning: 'Uyarıda', critical: 'Kritikte', noData: 'Veri yok' },
  text: 'Rapor',
  notMade: 'Bu rapor henüz hazır değil.',
}

export const report = { en, tr }
