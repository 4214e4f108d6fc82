/** A colour in the light and in the dark. */
export interface SeriesColour {
  light: string
  dark: string
}

/** In the order in which they are given out; neighbours are told apart without red and green too. */
export const seriesColours: readonly SeriesColour[] = [
  { light: '#4a76e6', dark: '#6d94f5' },
  { light: '#c96f14', dark: '#f2a155' },
  { light: '#1e8f81', dark: '#3fc4b2' },
  { light: '#bb4f94', dark: '#ec86bd' },
  { light: '#8464cf', dark: '#ae92f7' },
  { light: '#74821f', dark: '#bccb4b' },
  { light: '#2b8dbd', dark: '#6cc6f2' },
  { light: '#ad5a43', dark: '#e88a74' },
]

/** All that has no colour of its own. */
export const otherColour: SeriesColour = { light: '#7f8796', dark: '#858da0' }
