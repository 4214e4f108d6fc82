import { existsSync } from 'node:fs'

const paths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
]

/** The browser of this machine: `CHROMIUM_PATH`, or where systems install it; undefined when there is none. */
export function chromiumPath(): string | undefined {
  return [process.env.CHROMIUM_PATH ?? '', ...paths].find((path) => path !== '' && existsSync(path))
}

/** Why browser tests are skipped, or undefined when they are not. */
export function chromiumMissing(): string | undefined {
  return chromiumPath() === undefined ? 'no Chromium is installed; set CHROMIUM_PATH' : undefined
}
