import { Fragment } from 'react'
import { Verbatim } from '../facts.tsx'

/** A comment of the configuration; what stands in backticks there is a name or a value. */
export const Marked = ({ text }: { text: string }) =>
  text.split('`').map((part, index) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text keep their places
    index % 2 === 1 ? <Verbatim key={index}>{part}</Verbatim> : <Fragment key={index}>{part}</Fragment>,
  )
