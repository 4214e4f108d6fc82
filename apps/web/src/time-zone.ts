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
