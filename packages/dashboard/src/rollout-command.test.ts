import { expect, it } from 'vitest'
import type { RolloutView } from '@spark/contract/rollout'
import { messagesOf } from './i18n/messages.ts'
import { BRAKES, nextShare, ROLLOUT_COMMANDS, whyNot } from './rollout-command.ts'
import type { Permissions } from './session.ts'

const m = messagesOf('en')
const may = (...names: (keyof Permissions)[]) => Object.fromEntries(names.map((name) => [name, true])) as unknown as Permissions
const all = may('canAdvance', 'canBrake', 'canOverride')
const steps = [0, 0.1, 0.5, 1].map((share) => ({ share }))
const view = (change: Partial<RolloutView>) =>
  ({ id: 'r', phase: 'live', subState: 'soaking', paused: null, step: { index: 1, name: '' }, steps, ...change }) as RolloutView
const possible = (...asked: [RolloutView | undefined, Permissions]) =>
  ROLLOUT_COMMANDS.filter((command) => whyNot(command, ...asked, m) === null)

it('a brake can be pressed while the page does not know where the rollout stands, and nothing else', () => {
  expect(possible(undefined, all)).toEqual([...BRAKES])
  expect(whyNot('promote', undefined, all, m)).toBe('It is not known yet where the rollout stands')
})

it('offers of each state what makes sense in it', () => {
  expect(possible(view({}), all)).toEqual(['promote', 'override', ...BRAKES])
  expect(possible(view({ paused: { by: 'ada', since: 0 } }), all)).toEqual([
    'promote',
    'resume',
    'override',
    'preview',
    'rollback',
    'kill',
  ])
  expect(possible(view({ subState: 'awaiting_approval' }), all)).toContain('approve')
  expect(possible(view({ phase: 'rolled_back', subState: 'ended' }), all)).toEqual(['start', 'kill'])
  expect(possible(view({}), may('canBrake'))).toEqual([...BRAKES])
})

it('offers the share of the step that comes next', () => {
  expect(nextShare(undefined)).toBe(0.1)
  expect(nextShare(view({}))).toBe(0.5)
  expect(nextShare(view({ phase: 'preview_only', step: { index: 2, name: '' } }))).toBe(0.1)
  expect(nextShare(view({ step: { index: 3, name: '' } }))).toBe(1)
})
