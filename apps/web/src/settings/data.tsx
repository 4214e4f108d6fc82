import { Button } from '@mantine/core'
import { Download } from 'lucide-react'
import { Section } from './section.tsx'

/** All that is kept of oneself, as a file. */
export function Data() {
  return (
    <Section
      id="data"
      description="Everything that is kept of you as one JSON file: profile, sign-ins, sessions, keys without their secrets, presets, calls, and the audit log of what you did."
    >
      <Button
        component="a"
        href="/api/v1/users/me/export"
        download="gatehouse-export.json"
        variant="default"
        leftSection={<Download size={16} />}
      >
        Download my data
      </Button>
    </Section>
  )
}
