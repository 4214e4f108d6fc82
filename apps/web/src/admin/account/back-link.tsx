import { Link } from '@tanstack/react-router'
import { ArrowLeft } from 'lucide-react'
import classes from './account.module.css'

/** From an account to the list that it stands in. */
export function BackLink({
  to,
  children,
}: {
  to: '/admin/users' | '/admin/service-accounts'
  children: string
}) {
  return (
    <Link to={to} className={classes.back}>
      <ArrowLeft size={14} aria-hidden />
      {children}
    </Link>
  )
}
