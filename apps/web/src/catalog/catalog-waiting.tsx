import { Skeleton, Stack } from '@mantine/core'

/** What stands where the providers will. */
export function CatalogWaiting() {
  return (
    <Stack gap="lg" role="status" aria-label="Loading">
      <Skeleton height={340} radius="lg" />
      <Skeleton height={240} radius="lg" />
      <Skeleton height={240} radius="lg" />
    </Stack>
  )
}
