import { z } from 'zod'
import { Me, SignInProviders } from './accounts.js'

/**
 * Addresses of the web app's pages; a part that begins with `:` stands for any one part. The gateway answers them with the
 * app, the app has a screen for each.
 */
export const webPages = [
  '/',
  '/sign-in',
  '/signed-in',
  '/start',
  '/playground',
  '/history',
  '/usage',
  '/keys',
  '/catalog',
  '/settings',
  '/admin/users',
  '/admin/users/:id',
  '/admin/service-accounts',
  '/admin/service-accounts/:id',
  '/admin/issuers',
  '/admin/credentials',
  '/admin/audit',
  '/admin/status',
] as const
export type WebPage = (typeof webPages)[number]

/** What the gateway writes into the page, so that the web app's first paint waits for no call. */
export const WebBoot = z.object({
  /** Of this page's styles. */
  nonce: z.string(),
  /** Who is signed in; null for nobody. */
  me: Me.nullable(),
  /** Ways to sign in through the browser. */
  sign_in: SignInProviders.shape.details,
  server: z.object({
    version: z.string(),
    /** Where programs reach it: `PUBLIC_URL`. */
    public_url: z.string(),
    development: z.boolean(),
    /** Issuers whose tokens are trusted, for the snippets of machines. */
    issuers: z.array(z.object({ name: z.string(), issuer: z.string(), audiences: z.array(z.string()) })),
  }),
})
export type WebBoot = z.infer<typeof WebBoot>
