import { Button } from '@mantine/core'
import { Download } from 'lucide-react'
import { addressOf } from '../../api/request.ts'
import type { AuditSearch } from '../search.ts'
import { auditPath } from './audit-queries.ts'

/** The same entries as a file; that it was taken is in the log too. */
export function ExportLinks({ filters }: { filters: AuditSearch }) {
  return (
    <>
      {(['csv', 'jsonl'] as const).map((format) => (
        <Button
          key={format}
          component="a"
          variant="default"
          leftSection={<Download size={15} />}
          href={addressOf(`${auditPath}/export`, { ...filters, format })}
          download
        >
          Export {format === 'csv' ? 'CSV' : 'JSONL'}
        </Button>
      ))}
    </>
  )
}
