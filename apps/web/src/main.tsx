import '@mantine/core/styles.css'
import './fonts.css'
import './global.css'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { queryClient } from './api/query-client.ts'
import { appearance } from './appearance.ts'
import { boot } from './boot.ts'
import { router } from './router.tsx'
import { colours, theme } from './theme.ts'

// Dialogs keep the page behind them from scrolling by a style of their own; this is where they look for its nonce.
Object.assign(globalThis, { __webpack_nonce__: boot.nonce })

const root = document.getElementById('root')
if (root)
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={colours}
        colorSchemeManager={appearance}
        defaultColorScheme="auto"
        getStyleNonce={() => boot.nonce}
      >
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  )
