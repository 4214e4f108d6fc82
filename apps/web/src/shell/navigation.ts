import {
  Activity,
  BookOpen,
  Boxes,
  Building2,
  ChartColumn,
  Fingerprint,
  History,
  KeyRound,
  type LucideIcon,
  MessageSquareText,
  Rocket,
  ScrollText,
  Settings,
  ShieldCheck,
  Users,
} from 'lucide-react'

/** A page in the navigation and in the finder. */
export interface Place {
  to:
    | '/start'
    | '/playground'
    | '/history'
    | '/usage'
    | '/keys'
    | '/catalog'
    | '/settings'
    | '/admin/users'
    | '/admin/service-accounts'
    | '/admin/issuers'
    | '/admin/credentials'
    | '/admin/audit'
    | '/admin/status'
  name: string
  /** What else it might be looked for by. */
  words: string
  icon: LucideIcon
}

export const places: Place[] = [
  { to: '/start', name: 'Start', words: 'quick start snippets first call curl', icon: Rocket },
  { to: '/playground', name: 'Playground', words: 'chat compare prompt try', icon: MessageSquareText },
  { to: '/history', name: 'History', words: 'calls requests logs', icon: History },
  { to: '/usage', name: 'Usage', words: 'cost spend tokens money', icon: ChartColumn },
  { to: '/keys', name: 'Keys', words: 'api keys secrets rotate', icon: KeyRound },
  { to: '/catalog', name: 'Models', words: 'catalogue providers price context', icon: Boxes },
]

export const adminPlaces: Place[] = [
  { to: '/admin/users', name: 'Users', words: 'people accounts roles disable', icon: Users },
  { to: '/admin/service-accounts', name: 'Service accounts', words: 'machines programs', icon: Building2 },
  { to: '/admin/issuers', name: 'Issuers', words: 'trusted oidc token explain', icon: Fingerprint },
  {
    to: '/admin/credentials',
    name: 'Credentials',
    words: 'keyless score secrets certificates',
    icon: ShieldCheck,
  },
  { to: '/admin/audit', name: 'Audit log', words: 'who did what', icon: ScrollText },
  { to: '/admin/status', name: 'System', words: 'status version database health', icon: Activity },
]

export const settingsPlace: Place = {
  to: '/settings',
  name: 'Settings',
  words: 'profile sessions identities appearance dark time zone export delete',
  icon: Settings,
}

/** The one link that leaves the app. */
export const docsIcon = BookOpen
