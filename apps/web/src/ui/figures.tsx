import { useEffect, useRef, useState } from 'react'
import { ago, count, moment, short, usd } from './format.ts'
import { useHint } from './hint.tsx'

/** US dollars; a dash where no price is known. */
export const Usd = ({ amount }: { amount: number | string | null | undefined }) => (
  <span className="tabular">{usd(amount)}</span>
)

/** A count, short where it is long; whole for who asks. */
export const Amount = ({ value }: { value: number }) => (
  <span className="tabular" title={value >= 10_000 ? count(value) : undefined}>
    {short(value)}
  </span>
)

/** How long ago; the moment itself, with its zone, on focus and under the pointer. */
export const Ago = ({ at, never = 'never' }: { at: string | null | undefined; never?: string }) =>
  at ? <AgoAt at={at} /> : <span>{never}</span>

function AgoAt({ at }: { at: string }) {
  const [, tick] = useState(0)
  const time = useRef<HTMLTimeElement>(null)
  const { on, hint } = useHint(time, moment(at))
  useEffect(() => {
    const timer = setInterval(() => tick((times) => times + 1), 30_000)
    return () => clearInterval(timer)
  }, [])
  return (
    <>
      <time
        ref={time}
        dateTime={at}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the moment is told on focus too
        tabIndex={0}
        className="tabular"
        style={{ whiteSpace: 'nowrap' }}
        {...on}
      >
        {ago(at)}
      </time>
      {hint}
    </>
  )
}
