import type { Variables } from '@gatehouse/contracts'

/** A part of `.env.example`. */
export interface ExampleSection {
  title: string
  variables: Variables
}

/** The text of `.env.example`: every variable with its comment, commented out, in the order of the sections. */
export function renderExample(sections: ExampleSection[]): string {
  const seen = new Set<string>()
  const parts = sections.map(({ title, variables }) => {
    const lines = Object.entries(variables)
      .filter(([name]) => !seen.has(name) && seen.add(name))
      .map(([name, { comment, example }]) => `${comment.replace(/^/gm, '# ')}\n# ${name}=${example ?? ''}\n`)
    return lines.length === 0 ? '' : `## ${title}\n\n${lines.join('\n')}`
  })
  const head = '# Copy to .env and uncomment what you need. Real environment variables win over this file.\n'
  return `${[head, ...parts.filter((part) => part !== '')].join('\n')}`
}
