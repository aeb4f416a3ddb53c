import { expect, it } from 'vitest'
import { databaseName } from './postgres-url.ts'

it.each([
  ['/var/lib/spark/spark.db', '/var/lib/spark/spark.db'],
  ['file:data/spark.db', 'file:data/spark.db'],
  ['postgres://spark:secret@db.example:5432/spark?password=secret', 'postgres://db.example:5432/spark'],
  ['postgresql://spark:secret@db.example/spark', 'postgres://db.example/spark'],
  ['POSTGRES://spark:secret@db.example/spark', 'postgres://db.example/spark'],
  ['postgress://spark:secret@db.example/spark', 'postgress://db.example/spark'],
  ['jdbc:postgresql://spark:secret@db.example/spark', '(not shown)'],
  ['spark:secret@db.example/spark', '(not shown)'],
])('of %s is shown %s', (path, shown) => {
  expect(databaseName(path)).toBe(shown)
})
