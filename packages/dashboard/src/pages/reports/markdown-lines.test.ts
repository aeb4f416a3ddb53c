import { expect, it } from 'vitest'
import { markdownLines } from './markdown-lines.ts'

it('a report becomes headings, items and text; what is strong stays so, and tables are left out', () => {
  const markdown = [
    '# 📊 T',
    '',
    '**Date:** 2026-01-31  ',
    '## A',
    '- **p95:** 7ms (≤ 8)',
    '- [x] go',
    '## Bands',
    '',
    '| a |',
    '| --- |',
    '---',
    '_m_',
  ].join('\n')
  expect(markdownLines(markdown)).toEqual([
    { kind: 'title', parts: [{ text: '📊 T', strong: false }] },
    {
      kind: 'text',
      parts: [
        { text: 'Date:', strong: true },
        { text: ' 2026-01-31', strong: false },
      ],
    },
    { kind: 'heading', parts: [{ text: 'A', strong: false }] },
    {
      kind: 'item',
      parts: [
        { text: 'p95:', strong: true },
        { text: ' 7ms (≤ 8)', strong: false },
      ],
    },
    { kind: 'item', parts: [{ text: '☑ go', strong: false }] },
    { kind: 'text', parts: [{ text: 'm', strong: false }] },
  ])
})
