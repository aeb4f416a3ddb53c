import type { CompiledQuery, DialectAdapter, Kysely, QueryResult } from 'kysely'

/** Stands in a query for a value that is given when it runs. */
class Parameter {
  /** Names and places, from the values down to this one. */
  readonly #path: readonly string[]
  constructor(path: readonly string[]) {
    this.#path = path
  }
  of(values: object): unknown {
    let value: unknown = values
    for (const step of this.#path) value = (value as Record<string, unknown>)[step]
    return value
  }
}

type ParameterOf<Values> = <Name extends keyof Values & string>(name: Name) => Values[Name]

/** A statement of more shapes is compiled anew for the others. */
const SHAPES_MAX = 64

/**
 * A query that runs several times a second: built and compiled once for each dialect, which costs more than most of them take to run.
 * `build` gets what stands for each value, and for each one in a list or in rows. The text must not depend on the values, but for what
 * `shapeOf` tells of them: which columns, how many rows. Resolves with what the database answers; rejects with StorageError.
 */
export function prepared<Tables, Values extends object, Row = unknown>(
  build: (db: Kysely<Tables>, parameter: ParameterOf<Values>, shape: Values) => { compile(): CompiledQuery<Row> },
  shapeOf: (values: Values) => string | number = () => '',
): (db: Kysely<Tables>, values: Values) => Promise<QueryResult<Row>> {
  const dialects = new WeakMap<DialectAdapter, Map<string | number, CompiledQuery<Row>>>()
  return (db, values) => {
    const { adapter } = db.getExecutor()
    let shapes = dialects.get(adapter)
    if (shapes === undefined) dialects.set(adapter, (shapes = new Map()))
    const shape = shapeOf(values)
    let query = shapes.get(shape)
    if (query === undefined) {
      query = build(db, (name) => standIn(values[name], [name]) as never, values).compile()
      if (shapes.size < SHAPES_MAX) shapes.set(shape, query)
    }
    return db.executeQuery({
      ...query,
      parameters: query.parameters.map((value) => (value instanceof Parameter ? value.of(values) : value)),
    })
  }
}

function standIn(value: unknown, path: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one, at) => standIn(one, [...path, String(at)]))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return new Parameter(path)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, standIn(one, [...path, name])]))
}

/** The shape of values whose names are the columns. */
export const columnsOf = (values: object): string => Object.keys(values).join()

/** What stands for each of these values, by name. */
export function standIns<Values extends object>(parameter: ParameterOf<Values>, values: Values): Values {
  return Object.fromEntries(Object.keys(values).map((name) => [name, parameter(name as keyof Values & string)])) as Values
}
