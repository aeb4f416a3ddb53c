import { expect, it } from 'vitest'
import {
  LOOPBACK_PERMISSIONS,
  PERMISSION_NAMES,
  ROLES,
  TOKEN_PERMISSIONS,
  isPermission,
  needsStepUp,
  permissionsOf,
} from './permissions.ts'
import { ROUTE_LIST, type Route } from './routes.ts'

const file = new URL('../permissions.txt', import.meta.url)

/** One line a route: who may call it, from the table. `+` may, `p` with the password again, `-` may not. */
function matrixText(): string {
  const columns = ['nobody', 'on loopback', ...ROLES]
  const rows = ROUTE_LIST.map(({ method, path, access, others, armedBy }: Route) => {
    const anyone = access === 'public' || access === 'entrance'
    const marks = columns.map((column) => {
      if (anyone) return '+'
      if (column === 'nobody') return '-'
      if (column === 'on loopback') return isPermission(access) && LOOPBACK_PERMISSIONS.has(access) ? '+' : '-'
      if (!isPermission(access)) return '+'
      const role = ROLES.find((one) => one === column) ?? 'viewer'
      return permissionsOf(role).has(access) ? (needsStepUp(access) ? 'p' : '+') : '-'
    })
    const also = [others === undefined ? '' : `others: ${others}`, armedBy === undefined ? '' : `live: ${armedBy}`]
    return [`${method} ${path}`, access, ...marks, also.join('')]
  })
  const table = [['route', 'access', ...columns, 'besides'], ...rows]
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => row[at]?.length ?? 0))) ?? []
  return table
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}

it('packages/contract/permissions.txt is what the table says (vitest -u writes it anew)', async () => {
  await expect(matrixText()).toMatchFileSnapshot(file.pathname)
})

it('each role may do what those before it may, and more', () => {
  const sizes = ROLES.map((role) => permissionsOf(role).size)
  expect(sizes).toEqual([...new Set(sizes)].sort((a, b) => a - b))
  for (const [at, role] of ROLES.entries())
    for (const less of ROLES.slice(0, at))
      expect([...permissionsOf(less)].filter((one) => !permissionsOf(role).has(one))).toEqual([])
  expect(permissionsOf('admin').size).toBe(PERMISSION_NAMES.length)
})

it('what takes risk away asks for no password, and can be done by a token', () => {
  for (const brake of ['canBrake', 'canStop', 'canFlatten', 'canTriage'] as const) {
    expect(needsStepUp(brake)).toBe(false)
    expect(TOKEN_PERMISSIONS).toContain(brake)
  }
  const paths = ['pause', 'preview', 'rollback', 'kill'].map((verb) => `/api/rollout/${verb}`)
  expect(paths.map((path) => ROUTE_LIST.find((route) => route.path === path)?.access)).toEqual(paths.map(() => 'canBrake'))
})

it('every permission has a route', () => {
  const used = new Set(ROUTE_LIST.flatMap(({ access, others, armedBy }: Route) => [access, others, armedBy]))
  expect(PERMISSION_NAMES.filter((name) => !used.has(name))).toEqual([])
})
