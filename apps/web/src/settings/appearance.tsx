import { SegmentedControl, useMantineColorScheme } from '@mantine/core'
import { Section } from './section.tsx'

const looks = [
  { value: 'auto', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
] as const

/** Light or dark, in this browser. */
export function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Section id="appearance" description="In this browser.">
      <SegmentedControl
        aria-label="Appearance"
        data={[...looks]}
        value={colorScheme}
        onChange={(value) => setColorScheme(value as typeof colorScheme)}
      />
    </Section>
  )
}
