import { Menu, Text, useMantineColorScheme } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { LogOut, Monitor, Moon, Settings, Sun } from 'lucide-react'
import type { ReactElement } from 'react'
import { useMe } from '../api/me.ts'
import { signOut } from '../api/sign-out.ts'
import { failed } from '../ui/toast.ts'

const looks = [
  { value: 'light', label: 'Light', icon: Sun },
  { value: 'dark', label: 'Dark', icon: Moon },
  { value: 'auto', label: 'As the system', icon: Monitor },
] as const

interface AccountMenuListProps {
  children: ReactElement
  compact: boolean
  opened: boolean
  onChange: (opened: boolean) => void
}

/** What the account menu holds; it comes when it is opened for the first time. */
export function AccountMenuList({ children, compact, opened, onChange }: AccountMenuListProps) {
  const { email } = useMe()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Menu
      opened={opened}
      onChange={onChange}
      position={compact ? 'bottom-end' : 'top-start'}
      width={230}
      shadow="md"
      withInitialFocusPlaceholder={false}
      withinPortal={false}
      floatingStrategy="fixed"
    >
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        {email !== null && (
          <Menu.Label>
            <Text size="xs" truncate>
              {email}
            </Text>
          </Menu.Label>
        )}
        <Menu.Item component={Link} to="/settings" leftSection={<Settings size={15} />}>
          Settings
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Appearance</Menu.Label>
        {looks.map(({ value, label, icon: Icon }) => (
          <Menu.Item
            key={value}
            role="menuitemradio"
            aria-checked={colorScheme === value}
            leftSection={<Icon size={15} />}
            rightSection={colorScheme === value ? '✓' : undefined}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={15} />} onClick={() => void signOut().catch(failed)}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
