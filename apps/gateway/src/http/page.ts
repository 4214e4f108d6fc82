import { escapeHtml } from './escape-html.js'

/** A gate: two posts and a lintel. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M2 3h12v3h-1v8h-3V8H6v6H3V6H2z" fill="#1f5fd0"/></svg>'

/** Our sign in the browser's tab, for pages that may load a picture. */
export const iconLink = `<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">`

/** The look of every page of ours: one card, light or dark as the browser is. */
export const pageStyle = `
:root { color-scheme: light dark; --accent: light-dark(#1f5fd0, #7fb0ff); --fill: light-dark(#1f5fd0, #2f6bd6); --text: light-dark(#16181d, #e8eaf0); --soft: light-dark(#5b616e, #a2a9b8); --line: light-dark(#d9dde5, #363c48); --edge: light-dark(#868d9b, #6c7486); --page: light-dark(#f6f7f9, #14161b); --card: light-dark(#fff, #1c1f26); --alert: light-dark(#b3261e, #f2a29c); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--page); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
main { width: 100%; max-width: 24rem; padding: 2.5rem 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; }
h1 { margin: 0; font-size: 1.5rem; letter-spacing: -0.02em; }
.promise { margin: 0.25rem 0 1.75rem; color: var(--soft); }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 0.625rem; }
form { display: grid; gap: 0.5rem; margin: 0.625rem 0 0; }
form + form { margin-top: 1.5rem; }
.button, button, input { display: block; width: 100%; min-height: 2.75rem; padding: 0.6rem 1rem; border: 1px solid var(--edge); border-radius: 9px; background: transparent; color: var(--text); font: inherit; }
.button, button { text-align: center; text-decoration: none; cursor: pointer; }
.button:hover, button:hover { border-color: var(--accent); }
.primary { border-color: var(--fill); background: var(--fill); color: #fff; }
.primary:hover { filter: brightness(1.1); }
.plain { border-color: transparent; color: var(--accent); }
a { color: var(--accent); }
a.button { color: var(--text); }
a.primary { color: #fff; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.hint { margin: 0.375rem 0 0; color: var(--soft); font-size: 0.875rem; }
[role=status], [role=alert] { margin: 0 0 1.25rem; padding: 0.7rem 0.9rem; border: 1px solid var(--line); border-radius: 9px; }
[role=alert] { border-color: var(--alert); }
nav { margin-top: 1.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
`.trimStart()

/**
 * A page of ours.
 * @param title plain text; the product's own name where there is none
 * @param body HTML, every foreign text in it escaped
 * @param head what else stands in the head: how the style comes in, and the icon
 */
export function htmlPage(title: string | null, body: string, head: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title === null ? 'Gatehouse' : `${escapeHtml(title)} · Gatehouse`}</title>
${head}
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`
}

/** The style inside of a page, where another request for it might not be answered. */
export const inlineStyle = `<style>${pageStyle}</style>`
