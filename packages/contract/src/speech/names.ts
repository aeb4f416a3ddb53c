import type { GateName } from '@spark/core/rollout/plan'
import type { ModelVerdict } from '@spark/core/rollout/state'
import type { COMMANDS } from '../reason.ts'
import type { RolloutView } from '../rollout.ts'

/** Names that stand in reasons and sentences, as pages show them as well. */
export interface Names {
  common: {
    states: Record<'ok' | 'warning' | 'critical' | 'no_data', string>
    gates: Record<GateName, string>
    units: Record<'day' | 'hour' | 'minute' | 'second' | 'perMinute', string>
  }
  rollout: {
    phases: Record<RolloutView['phase'], string>
    verdictNames: Record<ModelVerdict, string>
    commandNames: Record<(typeof COMMANDS)[number], string>
    /** The step in which nobody acts. */
    previewCeiling: string
  }
}

const en: Names = {
  common: {
    states: { ok: 'good', warning: 'warning', critical: 'critical', no_data: 'no data' },
    gates: {
      p95: 'p95 latency',
      staleness: 'Staleness',
      error_rate: 'Error rate',
      score_rate: 'Scores of what is due',
      confid_median: 'Median confidence',
      dead_letters: 'Dead letters',
    },
    units: { day: 'd', hour: 'h', minute: 'min', second: 's', perMinute: '/min' },
  },
  rollout: {
    phases: {
      preview: 'PREVIEW',
      live: 'LIVE',
      done: 'DONE',
      preview_only: 'PREVIEW ONLY',
      rolled_back: 'ROLLED BACK',
      killed: 'KILLED',
      off: 'OFF',
    },
    verdictNames: {
      unproven: 'unproven',
      proven: 'proven',
      loses_after_costs: 'loses after costs',
      worse_than_baseline: 'worse than baseline',
    },
    commandNames: {
      pause: 'pause',
      resume: 'resume',
      approve: 'approve',
      promote: 'promote',
      override: 'override',
      preview: 'preview',
      rollback: 'rollback',
      kill: 'kill',
      unkill: 'unkill',
      ceiling: 'ceiling',
    },
    previewCeiling: 'preview',
  },
}

const tr: Names = {
  common: {
    states: { ok: 'iyi', warning: 'uyarı', critical: 'kritik', no_data: 'veri yok' },
    gates: {
      p95: 'p95 gecikme',
      staleness: 'Veri yaşı',
      error_rate: 'Hata oranı',
      score_rate: 'Beklenene göre skor',
      confid_median: 'Medyan güven',
      dead_letters: 'Ölü iletiler',
    },
    units: { day: 'g', hour: 'sa', minute: 'dk', second: 'sn', perMinute: '/dk' },
  },
  rollout: {
    phases: {
      preview: 'ÖNİZLEME',
      live: 'CANLI',
      done: 'BİTTİ',
      preview_only: 'YALNIZ ÖNİZLEME',
      rolled_back: 'GERİ ALINDI',
      killed: 'ACİL DURDURULDU',
      off: 'KAPALI',
    },
    verdictNames: {
      unproven: 'kanıtlanmadı',
      proven: 'kanıtlandı',
      loses_after_costs: 'maliyetten sonra kaybediyor',
      worse_than_baseline: 'temel kuraldan kötü',
    },
    commandNames: {
      pause: 'duraklatma',
      resume: 'sürdürme',
      approve: 'onay',
      promote: 'yükseltme',
      override: 'üstüne karar',
      preview: 'yalnız önizleme',
      rollback: 'geri alma',
      kill: 'acil durdurma',
      unkill: 'acil durdurmayı kaldırma',
      ceiling: 'üst sınır',
    },
    previewCeiling: 'önizleme',
  },
}

export const names = { en, tr }
