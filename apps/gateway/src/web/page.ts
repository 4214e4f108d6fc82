import type { WebBoot } from '@gatehouse/contracts'

/** What the build leaves in the page for the gateway to fill. */
const nonceMark = '__NONCE__'
const bootMark = '"__BOOT__"'

/**
 * Makes the page of one request out of the built `index.html`.
 * @returns the page with a nonce for its styles and with what the app begins with
 */
export function createPage(html: string): (boot: WebBoot) => string {
  for (const mark of [nonceMark, bootMark])
    if (!html.includes(mark)) throw new Error(`the web app's index.html has no ${mark}`)
  return (boot) =>
    html.replaceAll(nonceMark, boot.nonce).replace(bootMark, () => inScript(JSON.stringify(boot)))
}

/** JSON inside of a script element: no name that somebody chose may end the element or begin a comment in it. */
const inScript = (json: string) => json.replaceAll('<', '\\u003c')
