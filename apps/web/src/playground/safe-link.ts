/** Where a link of a model may lead; the address of an image is shown as text, never asked for. */
export function safeLink(url: string, key: string): string {
  if (key === 'src') return url.length > 300 ? `${url.slice(0, 300)}…` : url
  const parsed = URL.parse(url)
  return parsed && ['http:', 'https:', 'mailto:'].includes(parsed.protocol) ? url : ''
}
