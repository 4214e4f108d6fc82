/** Where Swagger UI keeps the token of Authorize between two visits. The home page's sign-out empties it too. */
export const keptTokenKey = 'authorized'

/** Served as `/docs/page.js`: drops a kept token once it has expired, and hides one that is typed. */
export const docsScript = `
const dropExpired = () => {
  try {
    const kept = JSON.parse(localStorage.getItem('${keptTokenKey}'))
    if (kept === null) return
    const [, payload] = kept.bearer.value.split('.')
    const { exp } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    if (exp * 1000 > Date.now()) return
  } catch {
    // What is no token of ours is not kept either.
  }
  localStorage.removeItem('${keptTokenKey}')
}
dropExpired()
setInterval(dropExpired, 30_000)

new MutationObserver(() => {
  const field = document.getElementById('auth-bearer-value')
  if (field?.type !== 'text') return
  field.type = 'password'
  field.autocomplete = 'off'
}).observe(document.body, { childList: true, subtree: true })
`.trimStart()

/** Swagger UI is laid out for a wide window: on a phone its tables leave a few characters to a column. */
export const docsStyle = `
.swagger-ui .topbar { display: none }
.swagger-ui .info { margin: 30px 0 }
/* No answer of ours has links to others. */
.swagger-ui .response-col_links { display: none !important }
/* The buttons that lie on a text stand below it. */
.swagger-ui .highlight-code > .microlight, .swagger-ui .curl-command .curl { padding-bottom: 44px !important }
.swagger-ui .opblock .opblock-section-header { flex-wrap: wrap; gap: 8px }
.swagger-ui .try-out { display: flex; flex-wrap: wrap; gap: 8px }
.swagger-ui .try-out .btn { margin: 0 }
@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 10px }
  .swagger-ui .scheme-container { padding: 16px 0 }
  .swagger-ui .opblock .opblock-section-header, .swagger-ui .responses-inner, .swagger-ui .table-container { padding: 8px 10px }
  .swagger-ui .opblock-body .execute-wrapper, .swagger-ui .opblock-body .btn-group { padding: 10px }
  .swagger-ui table:is(.parameters, .responses-table) thead { display: none }
  .swagger-ui table:is(.parameters, .responses-table) :is(tbody, tr, td) { display: block; width: auto; max-width: 100%; padding: 4px 0 }
  .swagger-ui .parameters-col_description input, .swagger-ui .parameters-col_description select { width: 100%; max-width: none }
  .swagger-ui .opblock-summary-path { max-width: none; overflow-wrap: anywhere }
  .swagger-ui .dialog-ux .modal-ux { width: calc(100% - 16px); min-width: 0 }
  .swagger-ui .auth-container input { min-width: 0; width: 100% }
}
`.trim()
