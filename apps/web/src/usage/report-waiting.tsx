import { Skeleton, Stack } from '@mantine/core'

/** What stands where the report will, of its size. */
export function ReportWaiting() {
  return (
    <Stack gap="lg" role="status" aria-label="Loading">
      <Skeleton height={124} radius="lg" />
      <Skeleton height={452} radius="lg" />
      <Skeleton height={360} radius="lg" />
    </Stack>
  )
}
