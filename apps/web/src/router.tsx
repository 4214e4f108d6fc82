import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router'
import { accountsSearch, auditSearch, credentialsSearch, statusSearch } from './admin/search.ts'
import { isAdmin, meQuery } from './api/me.ts'
import { queryClient } from './api/query-client.ts'
import { boot } from './boot.ts'
import { catalogSearch } from './catalog/search.ts'
import { historySearch } from './history/search.ts'
import { keysSearch } from './keys/search.ts'
import { playgroundSearch } from './playground/search.ts'
import { settingsSearch } from './settings/search.ts'
import { Shell } from './shell/shell.tsx'
import { NotFound, Trouble } from './shell/trouble.tsx'
import { signInSearch } from './sign-in/search.ts'
import { usageSearch } from './usage/search.ts'

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: ({ search }) => {
    // The gateway sends a browser back here with why it could not be signed in, or an identity not be added.
    const { sign_in_error, link_error } = search as Record<string, string | undefined>
    if (boot.me && link_error) throw redirect({ to: '/settings', search: { link_error } })
    if (boot.me) throw redirect({ to: '/start' })
    const error = sign_in_error ?? link_error
    throw redirect({ to: '/sign-in', search: error ? { error } : {} })
  },
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: signInSearch,
  component: lazyRouteComponent(() => import('./sign-in/sign-in.tsx'), 'SignInPage'),
})

const signedIn = createRoute({
  getParentRoute: () => root,
  path: '/signed-in',
  component: lazyRouteComponent(() => import('./sign-in/signed-in.tsx'), 'SignedInPage'),
})

/** Everything that asks for a sign-in. */
const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  component: Shell,
  beforeLoad: ({ location }) => {
    if (!boot.me) throw redirect({ to: '/sign-in', search: { next: location.href } })
  },
})

const page = { getParentRoute: () => app }
const start = createRoute({
  ...page,
  path: '/start',
  component: lazyRouteComponent(() => import('./start/start.tsx'), 'StartPage'),
})
const playground = createRoute({
  ...page,
  path: '/playground',
  validateSearch: playgroundSearch,
  component: lazyRouteComponent(() => import('./playground/playground.tsx'), 'PlaygroundPage'),
})
const history = createRoute({
  ...page,
  path: '/history',
  validateSearch: historySearch,
  component: lazyRouteComponent(() => import('./history/history.tsx'), 'HistoryPage'),
})
const usage = createRoute({
  ...page,
  path: '/usage',
  validateSearch: usageSearch,
  component: lazyRouteComponent(() => import('./usage/usage.tsx'), 'UsagePage'),
})
const keys = createRoute({
  ...page,
  path: '/keys',
  validateSearch: keysSearch,
  component: lazyRouteComponent(() => import('./keys/keys.tsx'), 'KeysPage'),
})
const catalog = createRoute({
  ...page,
  path: '/catalog',
  validateSearch: catalogSearch,
  component: lazyRouteComponent(() => import('./catalog/catalog.tsx'), 'CatalogPage'),
})
const settings = createRoute({
  ...page,
  path: '/settings',
  validateSearch: settingsSearch,
  component: lazyRouteComponent(() => import('./settings/settings.tsx'), 'SettingsPage'),
})

/** For admins; the API refuses anybody else anyway. */
const admin = createRoute({
  ...page,
  id: 'admin',
  component: Outlet,
  beforeLoad: () => {
    // As the links are shown: a role may have come, or gone, since the page was opened.
    const me = queryClient.getQueryData(meQuery.queryKey) ?? boot.me
    if (!me || !isAdmin(me)) throw redirect({ to: '/start' })
  },
})
const adminPage = { getParentRoute: () => admin }
const users = createRoute({
  ...adminPage,
  path: '/admin/users',
  validateSearch: accountsSearch,
  component: lazyRouteComponent(() => import('./admin/users/users.tsx'), 'UsersPage'),
})
const user = createRoute({
  ...adminPage,
  path: '/admin/users/$id',
  component: lazyRouteComponent(() => import('./admin/users/user.tsx'), 'UserPage'),
})
const serviceAccounts = createRoute({
  ...adminPage,
  path: '/admin/service-accounts',
  validateSearch: accountsSearch,
  component: lazyRouteComponent(
    () => import('./admin/service-accounts/service-accounts.tsx'),
    'ServiceAccountsPage',
  ),
})
const serviceAccount = createRoute({
  ...adminPage,
  path: '/admin/service-accounts/$id',
  component: lazyRouteComponent(
    () => import('./admin/service-accounts/service-account.tsx'),
    'ServiceAccountPage',
  ),
})
const issuers = createRoute({
  ...adminPage,
  path: '/admin/issuers',
  component: lazyRouteComponent(() => import('./admin/issuers/issuers.tsx'), 'IssuersPage'),
})
const credentials = createRoute({
  ...adminPage,
  path: '/admin/credentials',
  validateSearch: credentialsSearch,
  component: lazyRouteComponent(() => import('./admin/credentials/credentials.tsx'), 'CredentialsPage'),
})
const audit = createRoute({
  ...adminPage,
  path: '/admin/audit',
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import('./admin/audit/audit.tsx'), 'AuditPage'),
})
const status = createRoute({
  ...adminPage,
  path: '/admin/status',
  validateSearch: statusSearch,
  component: lazyRouteComponent(() => import('./admin/status/status.tsx'), 'StatusPage'),
})

/** Every page; `webPages` of the contracts has the same addresses. */
export const router = createRouter({
  routeTree: root.addChildren([
    home,
    signIn,
    signedIn,
    app.addChildren([
      start,
      playground,
      history,
      usage,
      keys,
      catalog,
      settings,
      admin.addChildren([users, user, serviceAccounts, serviceAccount, issuers, credentials, audit, status]),
    ]),
  ]),
  defaultPreload: 'intent',
  defaultErrorComponent: Trouble,
  scrollRestoration: true,
  // An address holds words, not JSON: what somebody types there by hand means what it says.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(search))
      if (value !== undefined && value !== null && value !== '') query.set(name, String(value))
    return query.size === 0 ? '' : `?${query}`
  },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
