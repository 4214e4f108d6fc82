/** How a figure stands against the one of the days before. */
export interface Change {
  direction: 'more' | 'less' | 'same' | 'new' | 'none'
  /** `12%`; empty where there is nothing to say it of. */
  amount: string
}

const size = (share: number): string =>
  share >= 10 ? `${Math.round(share)} times` : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`

export function changeOf(now: number, before: number): Change {
  if (now === before) return { direction: now === 0 ? 'none' : 'same', amount: '' }
  if (before === 0) return { direction: 'new', amount: '' }
  const share = (now - before) / before
  const amount = size(Math.abs(share))
  if (amount === '0.0%') return { direction: 'same', amount: '' }
  return { direction: share > 0 ? 'more' : 'less', amount }
}

/** The same of a share, in points: a rate that goes from 1% to 2% is one point higher, not twice as bad. */
export function pointsOf(now: number | null, before: number | null): Change {
  if (now === null || before === null) return { direction: 'none', amount: '' }
  const points = Math.abs(now - before) * 100
  if (points < 0.05) return { direction: 'same', amount: '' }
  return { direction: now > before ? 'more' : 'less', amount: `${points.toFixed(1)} points` }
}
