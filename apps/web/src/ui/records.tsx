import type { ReactNode } from 'react'
import classes from './records.module.css'

/** A column of a list. */
export interface Column<Row> {
  key: string
  header: string
  cell: (row: Row) => ReactNode
  /** Figures stand at the right. */
  align?: 'left' | 'right'
  /** The one that names the row: the head of its card in a narrow window. */
  primary?: boolean
  /** Left out of the card in a narrow window. */
  wideOnly?: boolean
}

interface RecordsProps<Row> {
  /** What the list is of, for a screen reader. */
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  keyOf: (row: Row) => string
  /** Called on a click anywhere in the row; the row's own link or button does the same for the keyboard. */
  onOpen?: (row: Row) => void
  selected?: string | undefined
}

/** A list: a table where there is room, cards where there is not. */
export function Records<Row>({ label, columns, rows, keyOf, onOpen, selected }: RecordsProps<Row>) {
  return (
    <div className={classes.scroll}>
      <table className={classes.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ key, header, align }) => (
              <th key={key} scope="col" data-align={align}>
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const id = keyOf(row)
            return (
              <tr
                key={id}
                data-open={onOpen ? true : undefined}
                aria-selected={selected === undefined ? undefined : selected === id}
                onClick={(event) => {
                  if (onOpen && !(event.target as Element).closest('a,button,input,label')) onOpen(row)
                }}
              >
                {columns.map(({ key, header, cell, align, primary, wideOnly }) => (
                  <td
                    key={key}
                    data-label={primary ? undefined : header}
                    data-primary={primary || undefined}
                    data-wide={wideOnly || undefined}
                    data-align={align}
                  >
                    {cell(row)}
                  </td>
                ))}
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
