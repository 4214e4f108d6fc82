import { localStorageColorSchemeManager } from '@mantine/core'

/** Where the choice of light or dark is kept; `appearance.js` reads it before the first paint. */
export const appearance = localStorageColorSchemeManager({ key: 'gatehouse.appearance' })
