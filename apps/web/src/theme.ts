import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

/** The one accent. */
const gate: MantineColorsTuple = [
  '#edf3ff',
  '#dbe5fd',
  '#b4c8f8',
  '#8ba9f3',
  '#6a8fef',
  '#4a76e6',
  '#2f62d9',
  '#2352bd',
  '#1c449f',
  '#143377',
]
const gray: MantineColorsTuple = [
  '#f7f8fa',
  '#eff1f4',
  '#e4e7ec',
  '#d5d9e0',
  '#b6bcc8',
  '#8f97a6',
  '#6b7382',
  '#4c5462',
  '#303744',
  '#1a1f29',
]
const dark: MantineColorsTuple = [
  '#e6e8ed',
  '#c5cad4',
  '#a2a9b8',
  '#7c8496',
  '#4b5364',
  '#333a48',
  '#262c37',
  '#191d25',
  '#101216',
  '#0b0d10',
]

/** How every part looks; Mantine's own words for what is not named here. */
export const theme = createTheme({
  colors: { gate, gray, dark },
  primaryColor: 'gate',
  primaryShade: { light: 6, dark: 6 },
  fontFamily: "'Inter Variable', 'Inter Stand-in', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, 'SF Mono', Menlo, monospace",
  headings: {
    fontWeight: '620',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.25' },
      h2: { fontSize: '1.125rem', lineHeight: '1.35' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  defaultRadius: 'md',
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '16px' },
  cursorType: 'pointer',
  focusRing: 'auto',
  respectReducedMotion: true,
  // By name: to import them all would bring them all into the first load.
  components: {
    Button: { defaultProps: { size: 'sm' }, styles: { label: { fontWeight: 550 } } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 'lg' } },
    Anchor: { defaultProps: { underline: 'hover' } },
    Modal: {
      defaultProps: {
        centered: true,
        radius: 'lg',
        padding: 'lg',
        overlayProps: { backgroundOpacity: 0.4 },
        closeButtonProps: { 'aria-label': 'Close' },
        // Its <header> is none of the page.
        attributes: { header: { role: 'presentation' } },
      },
    },
    Drawer: {
      defaultProps: {
        position: 'right',
        padding: 'lg',
        overlayProps: { backgroundOpacity: 0.25 },
        closeButtonProps: { 'aria-label': 'Close' },
        // Its <header> is none of the page.
        attributes: { header: { role: 'presentation' } },
      },
    },
    TextInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Select: { defaultProps: { size: 'sm' } },
    NativeSelect: { defaultProps: { size: 'sm' } },
    // In the dark its own ground is that of the page.
    SegmentedControl: {
      styles: { root: { backgroundColor: 'var(--gate-surface)', border: '1px solid var(--gate-line)' } },
    },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: false } },
  },
})

/** Colours with enough contrast for text (WCAG 2.2, 1.4.3) in both appearances; Mantine's dimmed text has not. */
export const colours: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1a1f29',
    '--mantine-color-dimmed': '#5a6271',
    '--mantine-color-placeholder': '#6b7382',
    '--mantine-color-error': '#b42318',
    '--mantine-color-anchor': '#2352bd',
    '--mantine-color-default-border': '#d5d9e0',
    // Grounds of what went wrong, and of what is to be minded: Mantine's own are louder than what they say.
    '--mantine-color-red-light': '#fdf1f0',
    '--mantine-color-red-light-color': '#b42318',
    '--mantine-color-yellow-light': '#fdf6e7',
    '--mantine-color-yellow-light-color': '#935f00',
    '--gate-surface': '#f7f8fa',
    '--gate-line': '#e4e7ec',
    '--gate-good': '#0f7a43',
    '--gate-warn': '#935f00',
    '--gate-bad': '#b42318',
    '--gate-accent-soft': '#edf3ff',
    '--gate-accent-text': '#2352bd',
  },
  dark: {
    '--mantine-color-body': '#101216',
    '--mantine-color-text': '#e6e8ed',
    '--mantine-color-dimmed': '#a2a9b8',
    '--mantine-color-placeholder': '#8a92a3',
    '--mantine-color-error': '#ff9a90',
    '--mantine-color-anchor': '#9bb8ff',
    '--mantine-color-default': '#191d25',
    '--mantine-color-default-border': '#3d4454',
    '--mantine-color-red-light': '#2a181a',
    '--mantine-color-red-light-color': '#ff9a90',
    '--mantine-color-yellow-light': '#272013',
    '--mantine-color-yellow-light-color': '#f0b95b',
    '--gate-surface': '#161a20',
    '--gate-line': '#262c37',
    '--gate-good': '#5dd39a',
    '--gate-warn': '#f0b95b',
    '--gate-bad': '#ff9a90',
    '--gate-accent-soft': '#1a2744',
    '--gate-accent-text': '#a9c2ff',
  },
})
