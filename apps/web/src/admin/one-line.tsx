import type { ReactNode } from 'react'

/** Something short that is not broken: a date, a word, an e-mail address. */
export const OneLine = ({ children }: { children: ReactNode }) => (
  <span className="tabular" style={{ whiteSpace: 'nowrap' }}>
    {children}
  </span>
)
