import { useComputedColorScheme } from '@mantine/core'
import classes from './bars.module.css'
import type { SeriesColour } from './series-colours.ts'

/** A colour of the bars, beside its name. */
export function Swatch({ colour }: { colour: SeriesColour }) {
  return <span className={classes.swatch} style={{ background: colour[useScheme()] }} aria-hidden />
}

/** Which of the two a colour has at present. */
export const useScheme = (): 'light' | 'dark' =>
  useComputedColorScheme('light', { getInitialValueInEffect: false })
