import { useLocalStorage } from '@mantine/hooks'

/** The zone of this browser. */
export const ownTimeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone

/** In which time zone days are shown; this browser's unless one was chosen in the settings. */
export function useTimeZone(): [zone: string, choose: (zone: string) => void] {
  const [zone, choose] = useLocalStorage({
    key: 'gatehouse.time-zone',
    defaultValue: '',
    getInitialValueInEffect: false,
  })
  return [zone === '' ? ownTimeZone() : zone, choose]
}

/** Names that browsers list by an older spelling. */
const renamed: Record<string, string> = {
  'Africa/Asmera': 'Africa/Asmara',
  'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
  'America/Godthab': 'America/Nuuk',
  'Asia/Calcutta': 'Asia/Kolkata',
  'Asia/Katmandu': 'Asia/Kathmandu',
  'Asia/Rangoon': 'Asia/Yangon',
  'Asia/Saigon': 'Asia/Ho_Chi_Minh',
  'Atlantic/Faeroe': 'Atlantic/Faroe',
  'Europe/Kiev': 'Europe/Kyiv',
}

/** Every time zone there is to choose from, those that are meant most first, each once. */
export function zoneChoices(...first: string[]): { value: string; label: string }[] {
  const all = Intl.supportedValuesOf('timeZone').map((zone) => renamed[zone] ?? zone)
  return [...new Set([...first, 'UTC', ...all.toSorted()])].map((zone) => ({
    value: zone,
    label: zone.replaceAll('_', ' '),
  }))
}
