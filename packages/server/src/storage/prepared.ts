import type { CompiledQuery, Kysely, QueryResult } from 'kysely'

/** Stands in a query for a value that is given when it runs. */
class Parameter {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

type ParameterOf<Values> = <Name extends keyof Values & string>(name: Name) => Values[Name]

/**
 * A query that runs several times a second: built and compiled once, which costs more than most of them take to run. `build` gets
 * what stands for each value; the text must not depend on the values. Resolves with what the database answers; rejects with StorageError.
 */
export function prepared<Tables, Values extends object, Row>(
  db: Kysely<Tables>,
  build: (db: Kysely<Tables>, parameter: ParameterOf<Values>) => { compile(): CompiledQuery<Row> },
): (trx: Kysely<Tables>, values: Values) => Promise<QueryResult<Row>> {
  const query = build(db, (name) => new Parameter(name) as never).compile()
  return (trx, values) =>
    trx.executeQuery({
      ...query,
      parameters: query.parameters.map((value) => (value instanceof Parameter ? values[value.name as keyof Values] : value)),
    })
}
