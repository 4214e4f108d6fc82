import { Readable } from 'node:stream'
import type { AuditExportQuery, AuditView } from '@gatehouse/contracts'
import { StreamableFile } from '@nestjs/common'
import { csvLine } from '../usage/csv.js'

const head = [
  'at',
  'action',
  'actor_id',
  'actor_name',
  'actor_email',
  'target_kind',
  'target_id',
  'target_name',
  'before',
  'after',
  'address',
  'user_agent',
  'request_id',
  'id',
  'hash',
]

/**
 * The log as a file that is written page by page while it is read.
 * @throws what the first page throws; a later one breaks the answer off, so that half a file is not taken for a whole
 */
export async function auditFile(
  pages: AsyncGenerator<AuditView[]>,
  format: AuditExportQuery['format'],
): Promise<StreamableFile> {
  const first = await pages.next()
  return new StreamableFile(Readable.from(lines(first.done ? [] : first.value, pages, format)), {
    type: format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/jsonl; charset=utf-8',
    disposition: `attachment; filename="audit.${format}"`,
  })
}

async function* lines(
  first: AuditView[],
  rest: AsyncGenerator<AuditView[]>,
  format: AuditExportQuery['format'],
) {
  const textOf = (entries: AuditView[]) =>
    entries.map((entry) => (format === 'csv' ? csvLine(cells(entry)) : `${JSON.stringify(entry)}\n`)).join('')
  yield (format === 'csv' ? csvLine(head) : '') + textOf(first)
  for await (const entries of rest) yield textOf(entries)
}

function cells(entry: AuditView): (string | null | undefined)[] {
  const { at, action, actor_id, actor, target, target_name, before, after } = entry
  return [
    at,
    action,
    actor_id,
    actor?.name,
    actor?.email,
    target?.kind,
    target?.id,
    target_name,
    jsonOf(before),
    jsonOf(after),
    entry.address,
    entry.user_agent,
    entry.request_id,
    entry.id,
    entry.hash,
  ]
}

const jsonOf = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))
