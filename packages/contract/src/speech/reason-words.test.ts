import { describe, expect, it } from 'vitest'
import { FACTS, REASONS } from '../reason.ts'
import type { Language } from './figures.ts'
import { reasonWords } from './reason-words.ts'
import { speechOf } from './speech.ts'

const LANGUAGES = ['en', 'tr'] as const

const placesOf = (template = '') => [...template.matchAll(/\{\w+\}/g)].map(([place]) => place).toSorted()
const said = (text: string, language: Language) => reasonWords(text, speechOf(language))

describe('the reasons of the controller', () => {
  it.each(LANGUAGES)('are all there in %s, each with its figures', (language) => {
    const templates = speechOf(language).m.reasons as Record<string, string>
    const all = Object.entries({ ...REASONS, ...FACTS })
    expect(Object.keys(templates).toSorted()).toEqual(all.map(([code]) => code).toSorted())
    expect(all.filter(([code, template]) => placesOf(templates[code]).join() !== placesOf(template).join())).toEqual([])
  })

  it.each([
    ['the breach of error_rate is not over', 'Hata oranı ihlali bitmedi'],
    ['233 min more of good time', '233 dk daha iyi süre'],
    ['the approved ceiling is preview', 'onaylı üst sınır önizleme'],
    ['50 % begins', '%50 başlıyor'],
    ['p95 beyond 1500 ms for 900 s, at worst 1858 ms', 'p95 gecikme 900 sn boyunca 1.500 ms ötesinde, en kötü 1.858 ms'],
    [
      'score_rate beyond 42 % of what is due for 90 s, at worst 37 % of what is due',
      'Beklenene göre skor 90 sn boyunca %42 ötesinde, en kötü %37',
    ],
    ['the warning of p95 lasts: confidence floor 0.55 → 0.60', 'p95 gecikme uyarısı sürüyor: güven tabanı 0,55 → 0,60'],
    ['risk is not free: kill switch all', 'risk serbest değil: acil durdurma all'],
    [
      'rolled back: staleness beyond 60.0 s for 450 s, at once, at worst 510.0 s',
      'geri alındı: Veri yaşı 450 sn boyunca 60 sn ötesinde, hemen, en kötü 510 sn',
    ],
    ['p95=1858 ms, beyond 1500 ms', 'p95 gecikme 1.858 ms, 1.500 ms ötesinde'],
    ['pause by ada:laptop: lunch', 'duraklatma (ada:laptop): lunch'],
  ])('“%s” is Turkish for who reads Turkish', (text, turkish) => {
    expect(said(text, 'tr')).toBe(turkish)
  })

  it("leave a person's own words alone", () => {
    for (const language of LANGUAGES) expect(said('before the night', language)).toBe('before the night')
  })
})
