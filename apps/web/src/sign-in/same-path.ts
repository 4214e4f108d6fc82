/** Where to go after a sign-in: a path of this server as it was given; everything else leads to the first page. */
export function samePath(next: string, origin = location.origin): string {
  if (!next.startsWith('/') || /^\/[/\\]/.test(next)) return '/start'
  // The text itself is given back: read and written anew, `/.//host` would become `//host`, which is another server.
  return URL.parse(next, origin)?.origin === origin ? next : '/start'
}
