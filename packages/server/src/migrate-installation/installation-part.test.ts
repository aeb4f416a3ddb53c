import { expect, it, onTestFinished } from 'vitest'
import { testInstallation } from './installation-fixture.ts'
import { keyOf, readPage, type Row, type Value } from './installation-part.ts'
import { openInstallationSource } from './installation-source.ts'

async function pagesOf(name: string): Promise<Row[][]> {
  const source = await openInstallationSource(await testInstallation({ segments: 23, segmentBytes: 400_000 }))
  onTestFinished(() => source.close())
  const part = source.parts.find((one) => one.name === name)
  if (part === undefined) throw new Error(`no ${name}`)
  const pages: Row[][] = []
  for (let after: Value[] | null = null; ;) {
    const page: Row[] = await readPage(part.source, part, after)
    const last = page.at(-1)
    if (last === undefined) return pages
    pages.push(page)
    after = keyOf(part, last)
  }
}

it('a page has at most 1,000 rows', async () => {
  expect((await pagesOf('candle')).map((page) => page.length)).toEqual([1_000, 1_000, 500])
})

it('a page has at most 4 MB', async () => {
  const pages = await pagesOf('audit segments of orders')
  expect(pages.map((page) => page.length)).toEqual([9, 9, 5])
  expect(pages.flat().map((row) => row['first_seq'])).toEqual(Array.from({ length: 23 }, (_, at) => 1 + 2 * at))
})
