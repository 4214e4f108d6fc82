import type { SettingView } from '@gatehouse/contracts'
import { type ExampleSection, redact } from '@gatehouse/platform'

/** What the settings are told of. */
export interface GivenSettings {
  sections: readonly ExampleSection[]
  /** Blank values are none. */
  environment: Record<string, string>
  /** Names whose value is that of `.env`. */
  fromFile: readonly string[]
  /** Names that `gatehouse.yaml` takes values from, beside those of the sections. */
  refersTo: Iterable<string>
}

/**
 * Every variable as it was given, for the page of an admin: a secret says only whether it is set, and an address never
 * who may come in by it.
 */
export function settingsOf({ sections, environment, fromFile, refersTo }: GivenSettings): SettingView[] {
  const seen = new Set<string>()
  const sourceOf = (name: string): SettingView['source'] => {
    if (environment[name] === undefined) return 'default'
    return fromFile.includes(name) ? 'file' : 'environment'
  }
  const declared = sections.flatMap(({ title, variables }) =>
    Object.entries(variables).flatMap(([name, { secret = false, comment }]): SettingView[] => {
      if (seen.has(name)) return []
      seen.add(name)
      const value = secret ? undefined : environment[name]
      return [{ name, title, source: sourceOf(name), value: shown(value), secret, comment }]
    }),
  )
  // Nobody says there what they hold: a key as a rule.
  const referred = [...refersTo]
    .filter((name) => !seen.has(name))
    .map(
      (name): SettingView => ({
        name,
        title: 'gatehouse.yaml',
        source: sourceOf(name),
        value: null,
        secret: true,
        comment: 'A value that gatehouse.yaml refers to.',
      }),
    )
  return [...declared, ...referred]
}

function shown(value: string | undefined): string | null {
  if (value === undefined) return null
  return redact(value.replace(/(?<=:\/\/)[^/?#\s]*@/g, '***@'))
}
