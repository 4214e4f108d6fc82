import { ActionIcon, Burger, Group, Kbd, Text, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { lazy, Suspense, useEffect } from 'react'
import { isAdmin, useMe } from '../api/me.ts'
import { AccountMenu } from './account-menu.tsx'
import { Brand } from './brand.tsx'
import { onFinderKeys } from './finder-keys.ts'
import { adminPlaces, docsIcon as DocsIcon, type Place, places } from './navigation.ts'
import { SessionGuard } from './session-guard.tsx'
import classes from './shell.module.css'

const finding = () => import('./finder.tsx')
const Finder = lazy(() => finding().then((module) => ({ default: module.Finder })))
const SideMenu = lazy(() => import('./side-menu.tsx').then((module) => ({ default: module.SideMenu })))
/** Once the page itself is there. */
const finderAfterMs = 1500
const modifier = /Mac|iP(?:hone|ad)/.test(navigator.userAgent) ? '⌘' : 'Ctrl'

/** The frame of every page for people who are signed in. */
export function Shell() {
  const me = useMe()
  const [menu, { open: openMenu, close: closeMenu }] = useDisclosure(false)
  const [finder, { open: openFinder, close: closeFinder }] = useDisclosure(false)
  const path = useRouterState({ select: (state) => state.location.pathname })
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when one has gone somewhere
  useEffect(closeMenu, [path])
  useEffect(() => onFinderKeys(openFinder), [openFinder])
  // There before it is asked for: what one types right after the keys must not go elsewhere.
  useEffect(() => {
    const timer = setTimeout(() => void finding(), finderAfterMs)
    return () => clearTimeout(timer)
  }, [])

  const find = (
    <UnstyledButton className={classes.find} onClick={openFinder}>
      <Search size={15} aria-hidden />
      <span>Find</span>
      <Kbd size="xs" ml="auto">
        {modifier} K
      </Kbd>
    </UnstyledButton>
  )
  const links = <Links admin={isAdmin(me)} />
  return (
    <div className={classes.frame}>
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      <header className={classes.bar}>
        <Burger opened={menu} onClick={openMenu} size="sm" aria-label="Open the navigation" />
        <Brand />
        <ActionIcon onClick={openFinder} aria-label="Find a page, model or person" ml="auto">
          <Search size={18} />
        </ActionIcon>
        <AccountMenu compact />
      </header>
      <aside className={classes.side}>
        <div className={classes.brand}>
          <Brand />
        </div>
        {find}
        {links}
        <div className={classes.foot}>
          <AccountMenu />
        </div>
      </aside>
      {menu && (
        <Suspense fallback={null}>
          <SideMenu onClose={closeMenu}>{links}</SideMenu>
        </Suspense>
      )}
      <main id="content" className={classes.content} tabIndex={-1}>
        <Suspense fallback={null}>
          <Outlet />
        </Suspense>
      </main>
      {finder && (
        <Suspense fallback={null}>
          <Finder onClose={closeFinder} />
        </Suspense>
      )}
      <SessionGuard />
    </div>
  )
}

function Links({ admin }: { admin: boolean }) {
  return (
    <nav aria-label="Pages" className={classes.nav}>
      {places.map((place) => (
        <PlaceLink key={place.to} place={place} />
      ))}
      {admin && (
        <>
          <Text className={classes.heading}>Admin</Text>
          {adminPlaces.map((place) => (
            <PlaceLink key={place.to} place={place} />
          ))}
        </>
      )}
      <Text className={classes.heading}>Help</Text>
      <a href="/docs" className={classes.link}>
        <DocsIcon size={16} aria-hidden />
        API reference
      </a>
    </nav>
  )
}

function PlaceLink({ place: { to, name, icon: Icon } }: { place: Place }) {
  return (
    <Link to={to} className={classes.link} activeProps={{ 'aria-current': 'page' }}>
      <Group gap="sm" wrap="nowrap">
        <Icon size={16} aria-hidden />
        {name}
      </Group>
    </Link>
  )
}
