/** The parts of the page, in their order; each has an anchor. */
export const sections = [
  { id: 'profile', name: 'Profile' },
  { id: 'sign-ins', name: 'Sign-ins' },
  { id: 'sessions', name: 'Sessions' },
  { id: 'appearance', name: 'Appearance' },
  { id: 'time-zone', name: 'Time zone' },
  { id: 'content', name: 'Prompts and answers' },
  { id: 'data', name: 'Your data' },
  { id: 'delete', name: 'Delete account' },
] as const

export type SectionId = (typeof sections)[number]['id']
