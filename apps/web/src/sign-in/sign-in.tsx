import { Alert, Badge, Button, Stack, Text, Title } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useEffect } from 'react'
import { boot } from '../boot.ts'
import { Mark } from '../shell/brand.tsx'
import { lastWay, orderWays, rememberWay } from './last-way.ts'
import { sentenceOfCode } from './refusals.ts'
import { samePath } from './same-path.ts'
import classes from './sign-in.module.css'

const route = getRouteApi('/sign-in')

/** One card, a button for each way in; whoever is signed in goes straight on. */
export function SignInPage() {
  const { next = '/start', error } = route.useSearch()
  const goal = samePath(next)
  useEffect(() => {
    document.title = 'Sign in · Gatehouse'
    if (boot.me && error === undefined) location.replace(goal)
  }, [goal, error])

  if (boot.me && error === undefined) return null
  const last = lastWay()
  const ways = orderWays(boot.sign_in, last)
  const refusal = sentenceOfCode(error, boot.server.public_url)
  return (
    <main className={classes.frame}>
      <div className={classes.card}>
        <Mark size={34} />
        <Title order={1} mt="md">
          Sign in to Gatehouse
        </Title>
        <Text c="dimmed" mt={4} mb="xl">
          One door to every language model.
        </Text>
        {refusal && (
          <Alert
            role={refusal.calm ? 'status' : 'alert'}
            variant="light"
            color={refusal.calm ? 'gray' : 'red'}
            mb="lg"
            className={refusal.calm ? undefined : classes.refusal}
          >
            {refusal.sentence}
          </Alert>
        )}
        {ways.length === 0 ? (
          <Alert variant="light" color="gray">
            No way to sign in is configured yet. Set the client id and secret of one, such as GOOGLE_CLIENT_ID
            and GOOGLE_CLIENT_SECRET, and start again; .env.example lists them all.
          </Alert>
        ) : (
          <Stack gap="sm" component="ul" className={classes.ways}>
            {ways.map(({ id, name }, index) => (
              <li key={id}>
                <Button
                  component="a"
                  href={`/auth/${encodeURIComponent(id)}/start?next=${encodeURIComponent(goal)}`}
                  onClick={() => rememberWay(id)}
                  fullWidth
                  size="md"
                  variant={index === 0 ? 'filled' : 'default'}
                  rightSection={
                    last === id ? (
                      <Badge size="sm" variant={index === 0 ? 'white' : 'light'} tt="none">
                        Last used
                      </Badge>
                    ) : undefined
                  }
                >
                  Continue with {name}
                </Button>
                {id === 'local' && (
                  <Text size="xs" c="dimmed" mt={6}>
                    For trying out, in development only: it lets you in as anyone, without a password.
                  </Text>
                )}
              </li>
            ))}
          </Stack>
        )}
        <Text size="xs" c="dimmed" mt="xl">
          Programs come with a token of their own: see the <a href="/docs">API reference</a>.
        </Text>
      </div>
    </main>
  )
}
