import '@mantine/notifications/styles.css'
import { MantineProvider } from '@mantine/core'
import { Notifications, notifications } from '@mantine/notifications'
import { createRoot } from 'react-dom/client'
import { appearance } from '../appearance.ts'
import { boot } from '../boot.ts'
import { colours, theme } from '../theme.ts'

const place = document.createElement('div')
document.body.append(place)
createRoot(place).render(
  <MantineProvider
    theme={theme}
    cssVariablesResolver={colours}
    colorSchemeManager={appearance}
    defaultColorScheme="auto"
    getStyleNonce={() => boot.nonce}
  >
    <Notifications position="bottom-right" limit={3} />
  </MantineProvider>,
)

/** Shows a message: what went wrong is told at once, what went well when there is a pause. */
export function show(message: string, bad: boolean): void {
  notifications.show({
    message,
    color: bad ? 'red' : 'gate',
    autoClose: bad ? 9000 : 5000,
    withBorder: true,
    closeButtonProps: { 'aria-label': 'Dismiss' },
    role: bad ? 'alert' : 'status',
  })
}
