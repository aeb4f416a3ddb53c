import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { openApiDocument } from './openapi.ts'
import { ROUTE_LIST } from './routes.ts'

const file = new URL('../openapi.json', import.meta.url)
const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }

it('packages/contract/openapi.json is what the routes say (vitest -u writes it anew)', async () => {
  await expect(`${JSON.stringify(openApiDocument(version), null, 2)}\n`).toMatchFileSnapshot(file.pathname)
})

it('describes every route', () => {
  const { paths } = openApiDocument(version) as { paths: Record<string, Record<string, { operationId: string }>> }
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods).map((operation) => operation.operationId))
  expect(operations.sort()).toEqual(ROUTE_LIST.map((route) => route.name).sort())
})
