import { Alert, Skeleton, Stack } from '@mantine/core'
import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { boot } from '../boot.ts'
import { sentenceOfCode } from '../sign-in/refusals.ts'
import { Page } from '../ui/page.tsx'
import { Appearance } from './appearance.tsx'
import { Content } from './content.tsx'
import { Data } from './data.tsx'
import { DeleteAccount } from './delete-account.tsx'
import { Profile } from './profile.tsx'
import { sections } from './sections.ts'
import { Sessions } from './sessions.tsx'
import classes from './settings.module.css'
import { SignIns } from './sign-ins.tsx'

const TimeZone = lazy(() => import('./time-zone.tsx').then((module) => ({ default: module.TimeZone })))
const route = getRouteApi('/app/settings')

/** What belongs to oneself: who one is here, how one comes in, what is kept. */
export function SettingsPage() {
  const { link_error, linked } = route.useSearch()
  const refusal = sentenceOfCode(link_error, boot.server.public_url)
  const added = boot.sign_in.find(({ id }) => id === linked)
  return (
    <Page title="Settings" description="Your account, and how Gatehouse looks to you.">
      <div className={classes.frame}>
        <nav aria-label="Parts of the settings" className={classes.contents}>
          {sections.map(({ id, name }) => (
            <Link key={id} to="/settings" hash={id}>
              {name}
            </Link>
          ))}
        </nav>
        <Stack gap="lg">
          {refusal && (
            <Alert role="alert" variant="light" color={refusal.calm ? 'gray' : 'red'}>
              The sign-in was not linked. {refusal.sentence}
            </Alert>
          )}
          {!refusal && added && (
            <Alert role="status" variant="light" color="gray">
              {added.name} is linked: you can sign in with it from now on.
            </Alert>
          )}
          <Profile />
          <SignIns />
          <Sessions />
          <Appearance />
          <Suspense fallback={<Skeleton height={198} radius="lg" />}>
            <TimeZone />
          </Suspense>
          <Content />
          <Data />
          <DeleteAccount />
        </Stack>
      </div>
    </Page>
  )
}
