import { expect, it } from 'vitest'
import { speechOf } from '@spark/contract/speech/speech'
import { toldWords } from '@spark/contract/speech/told-words'
import { told } from '@spark/contract/told'
import type { AuditProblem } from './audit-problem.ts'
import { toldProblem } from './told-problem.ts'

const problem = (kind: AuditProblem['kind'], seq: number | null = 1234): AuditProblem => ({
  kind,
  writer: 'a.api-1',
  seq,
  segment: 1200,
  message: 'spark.db; row 7: torn',
})

it.each([
  ['edited', 'row 1234 of a.api-1 is not as it was written', 'a.api-1 zincirinin 1.234. satırı yazıldığı gibi değil'],
  ['missing', 'rows of a.api-1 are gone, from row 1234 on', 'a.api-1 zincirinde 1.234. satırdan başlayarak satırlar yok'],
  ['duplicate', 'row 1234 of a.api-1 is there twice', 'a.api-1 zincirinin 1.234. satırı iki kez var'],
  ['reordered', 'row 1234 of a.api-1 stands in the wrong place', 'a.api-1 zincirinin 1.234. satırı yanlış yerde duruyor'],
  [
    'wrong_writer',
    'there are rows under the name of a.api-1 that are not of its chain',
    'a.api-1 adıyla, onun zincirinden olmayan satırlar var',
  ],
  [
    'truncated',
    'the end of a.api-1 is gone, from row 1234 on, which a signed checkpoint saw',
    'a.api-1 zincirinin sonu yok: imzalı bir denetim noktasının gördüğü 1.234. satır ve sonrası',
  ],
  [
    'rewritten',
    'row 1234 of a.api-1 is not the one that a signed checkpoint saw',
    'a.api-1 zincirinin 1.234. satırı, imzalı bir denetim noktasının gördüğü satır değil',
  ],
  [
    'bad_signature',
    'a signed checkpoint does not hold: spark.db; row 7: torn',
    'imzalı bir denetim noktası geçerli değil: spark.db; row 7: torn',
  ],
  ['unreadable', 'the audit cannot be read: spark.db; row 7: torn', 'denetim kaydı okunamıyor: spark.db; row 7: torn'],
] as const)('%s is told with its place in both languages, also as why the job failed', (kind, english, turkish) => {
  expect(toldProblem(problem(kind))).toBe(english)
  const words = told('audit_broken', { count: 3, told: english })
  expect(toldWords(words, speechOf('tr'))).toBe(`denetim kaydı doğrulanmıyor, 3 yerde, ilki: ${turkish}`)
  const alert = told('job_failed', { job: 'integrity', words })
  expect(toldWords(alert, speechOf('tr'))).toBe(
    `integrity işi başarısız oldu: denetim kaydı doğrulanmıyor, 3 yerde, ilki: ${turkish}`,
  )
})

it('a whole chain that is gone has no row to name', () => {
  expect(toldProblem(problem('missing', null))).toBe('the chain of a.api-1 is gone, which a signed checkpoint saw')
})
