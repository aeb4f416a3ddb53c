/** A column by its name; one of figures stands to the right. */
type Column = string | { figures: string }

export const figures = (name: string): Column => ({ figures: name })

/** The names of a table's columns. */
export function HeadRow({ columns }: { columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) =>
          typeof column === 'string' ? (
            <th key={column} scope="col">
              {column}
            </th>
          ) : (
            <th key={column.figures} scope="col" className="number">
              {column.figures}
            </th>
          ),
        )}
      </tr>
    </thead>
  )
}
