import { expect, it } from 'vitest'
import { otherColour, seriesColours } from './series-colours.ts'

/** Relative luminance (WCAG 2.2). */
const luminance = (colour: string): number => {
  const parts = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * (parts[0] ?? 0) + 0.7152 * (parts[1] ?? 0) + 0.0722 * (parts[2] ?? 0)
}
const contrast = (one: string, other: string): number => {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((left, right) => right - left)
  return (light + 0.05) / (dark + 0.05)
}

it.each([...seriesColours, otherColour])(
  '%j stands out from the page in both appearances',
  ({ light, dark }) => {
    expect(contrast(light, '#ffffff')).toBeGreaterThanOrEqual(3)
    expect(contrast(dark, '#101216')).toBeGreaterThanOrEqual(3)
  },
)
