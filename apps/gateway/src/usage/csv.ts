import { Readable } from 'node:stream'
import { type UsageGroup, type UsageRow, usageGroups } from '@gatehouse/contracts'
import { StreamableFile } from '@nestjs/common'

type Field = Exclude<keyof UsageRow, 'id'>

/** In the order of the columns. */
const fieldsOfGroups: [field: Field, groups: UsageGroup[]][] = [
  ['day', ['day']],
  ['hour', ['hour']],
  ['principal_id', ['principal']],
  ['provider', ['provider', 'model']],
  ['model', ['model']],
  ['key_id', ['key']],
]
const figures: Field[] = [
  'total_calls',
  'failed_calls',
  'aborted_calls',
  'unpriced_calls',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'reasoning_tokens',
  'total_tokens',
  'total_cost',
  'average_latency_ms',
]

/** One line of a table, as RFC 4180 has it. */
export const csvLine = (cells: readonly (string | number | null | undefined)[]): string =>
  `${cells.map(cell).join(',')}\r\n`

function cell(value: string | number | null | undefined): string {
  // Callers choose the names of models: one that begins like a formula would be run by the reader's spreadsheet
  // (CSV injection, https://owasp.org/www-community/attacks/CSV_Injection).
  const text = typeof value === 'string' && /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : String(value ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * Sums as a file that is written page by page while it is read.
 * @param groupBy as the query says it
 * @throws what the first page throws; a later one breaks the answer off, so that half a file is not taken for a whole
 */
export async function usageFile(pages: AsyncGenerator<UsageRow[]>, groupBy: string): Promise<StreamableFile> {
  const groups = usageGroups(groupBy)
  const grouped = fieldsOfGroups.filter(([, by]) => by.some((group) => groups.includes(group)))
  const fields = [...grouped.map(([field]) => field), ...figures]
  const first = await pages.next()
  return new StreamableFile(Readable.from(lines(fields, first.done ? [] : first.value, pages)), {
    type: 'text/csv; charset=utf-8; header=present',
    disposition: 'attachment; filename="usage.csv"',
  })
}

async function* lines(fields: Field[], first: UsageRow[], rest: AsyncGenerator<UsageRow[]>) {
  const table = (rows: UsageRow[]) => rows.map((row) => csvLine(fields.map((field) => row[field]))).join('')
  yield csvLine(fields) + table(first)
  for await (const rows of rest) yield table(rows)
}
