import { expect, it } from 'vitest'
import { beside, cut, fit, fitLine, flow, lineWidth, render, textWidth } from './text.ts'

it('knows how many columns a text takes, also of wide and of combining characters', () => {
  expect(['abc', 'ğüş', '你好', '🚨', 'e\u0301', '⚠️'].map(textWidth)).toEqual([3, 3, 4, 2, 1, 1])
})

it('cuts at the columns there are, never through a wide character, and fills up', () => {
  expect(cut('abcdef', 6)).toBe('abcdef')
  expect(cut('abcdef', 4)).toBe('abc…')
  expect(cut('你好吗', 4)).toBe('你…')
  expect(cut('abc', 0)).toBe('')
  expect(fit('7', 3, 'right')).toBe('  7')
  expect(textWidth(fit('你好吗', 4))).toBe(4)
})

it('a line never takes more columns than there are, whatever its pieces', () => {
  const line = [{ text: 'state ' }, { text: 'CRITICAL', style: 'red' as const }, { text: ' for 12 min' }]
  for (const columns of [1, 6, 7, 10, 14, 20, 25]) {
    expect(lineWidth(fitLine(line, columns))).toBeLessThanOrEqual(columns)
    expect(lineWidth(fitLine(line, columns, true))).toBe(columns)
  }
})

it('colour adds nothing to the text', () => {
  const line = [{ text: 'api ' }, { text: 'AWAY', style: 'red' as const }]
  expect(render(line, false)).toBe('api AWAY')
  expect(render(line, true)).toBe('api \u001b[31mAWAY\u001b[0m')
})

it('items flow into as many lines as they need, and columns stand side by side', () => {
  const items = ['one 1', 'two 2', 'three 3'].map((text) => [{ text }])
  expect(flow(items, 14, '  ').map((line) => render(line, false))).toEqual(['one 1  two 2', 'three 3'])
  expect(beside(items, [[{ text: 'right' }]], 8).map((line) => render(line, false))).toEqual([
    'one 1     right',
    'two 2',
    'three 3',
  ])
})
