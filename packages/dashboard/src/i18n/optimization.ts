import type { AnswerOf } from '@spark/contract/routes'

type State = AnswerOf<'optimizations'>['items'][number]['state']
const states: Record<State, string> = {
  waiting: 'waits',
  running: 'runs',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
}

const en = {
  title: 'Search for better parameters',
  what: 'Walk-forward on stored candles, after costs. A proposal; nothing is changed by it.',
  none: 'Nothing was searched yet. The button Optimize asks for it.',
  states,
  progress: 'How far it is',
  cancel: 'Cancel',
  better: 'better than luck',
  luck: 'no better than luck',
  rule: 'Rule',
  period: 'Tests',
  chosen: 'as chosen in training',
  inUse: 'in use now',
  trades: 'Trades',
  won: 'Won',
  netBps: 'Net, bp a trade',
  net: 'Net return',
  drawdown: 'Drawdown',
  all: 'all tests',
  nothing: 'none',
  deflated: (value: string, trials: string) =>
    `Deflated Sharpe ratio ${value}, after ${trials} trials; from 0.95 on it is better than luck.`,
  deflatedMissing: (trials: string) => `${trials} trials; too few trades for a deflated Sharpe ratio.`,
  best: (rule: string) => `On all candles the best rule is: ${rule}.`,
  noReason: 'Out of sample what was chosen so earned nothing: there is no reason to change to it.',
  noProposal: 'No rule made enough trades: there is no proposal.',
  ruleText: (floor: string, profit: string, stop: string, candles: string, size: string) =>
    `floor ${floor}, profit ${profit} ATR, stop ${stop} ATR, ${candles} candles, ${size}`,
  wholeCapital: 'whole capital',
  risk: (share: string) => `a stop loses ${share}`,
}

const tr: typeof en = {
  title: 'Daha iyi parametre araması',
  what: 'Saklanan mumlarda ileri yürüyen test, maliyetten sonra. Bir öneridir; hiçbir şeyi değiştirmez.',
  none: 'Henüz arama yapılmadı. Optimize et düğmesi ister.',
  states: { waiting: 'bekliyor', running: 'çalışıyor', done: 'bitti', failed: 'başarısız', cancelled: 'iptal edildi' },
  progress: 'Ne kadar ilerledi',
  cancel: 'İptal et',
  better: 'şanstan iyi',
  luck: 'şanstan iyi değil',
  rule: 'Kural',
  period: 'Testler',
  chosen: 'eğitimde seçildiği gibi',
  inUse: 'şimdi kullanılan',
  trades: 'İşlem',
  won: 'Kazanan',
  netBps: 'Net, işlem başına bp',
  net: 'Net getiri',
  drawdown: 'Düşüş',
  all: 'bütün testler',
  nothing: 'yok',
  deflated: (value, trials) => `${trials} denemeden sonra düzeltilmiş Sharpe oranı ${value}; 0,95 ve üstü şanstan iyidir.`,
  deflatedMissing: (trials) => `${trials} deneme; düzeltilmiş Sharpe oranı için işlem çok az.`,
  best: (rule) => `Bütün mumlarda en iyi kural: ${rule}.`,
  noReason: 'Böyle seçilen, örneklem dışında bir şey kazanmadı: ona geçmek için neden yok.',
  noProposal: 'Hiçbir kural yeterince işlem yapmadı: öneri yok.',
  ruleText: (floor, profit, stop, candles, size) =>
    `taban ${floor}, kâr ${profit} ATR, zarar ${stop} ATR, ${candles} mum, ${size}`,
  wholeCapital: 'bütün sermaye',
  risk: (share) => `durdurma ${share} kaybettirir`,
}

export const optimization = { en, tr }
