import { expect, it } from 'vitest'
import { noticeText, oneLine, signedText } from './alert-text.ts'

it('an alert reads as the playbook prints it, and says when it goes on, was escalated or is over', () => {
  expect(signedText('red', 'p95=1600ms > 1500ms')).toBe('🚨 RED ALERT: p95=1600ms > 1500ms')
  expect(noticeText('raised', 'yellow', 'p95=1100ms > 1000ms')).toBe('⚠️ YELLOW WARNING: p95=1100ms > 1000ms')
  expect(noticeText('still', 'red', 'x')).toBe('🚨 RED ALERT: x (still firing)')
  expect(noticeText('escalated', 'red', 'x')).toBe('🚨 ESCALATED RED ALERT: x')
  expect(noticeText('resolved', 'red', 'x')).toBe('✅ RESOLVED: x')
})

it('text from outside cannot fake a line, drive a terminal or turn the writing round', () => {
  expect(oneLine(' a\n🚨 RED\r\u001b[2J\u0007b\u202ec\u2028d ', 100)).toBe('a 🚨 RED [2J b c d')
})

it('a long text is cut where it may be cut', () => {
  expect(oneLine('abc def', 5)).toBe('abc…')
  expect(oneLine('🚨🚨🚨', 2)).toBe('🚨…')
  expect(oneLine('abc', 3)).toBe('abc')
})
