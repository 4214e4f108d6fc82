/** What the documentation of every route of usage says. */
export const usageDescription =
  'Sums of whole hours and days in UTC, of the calls that began in them and have ended. Calls that their owner took ' +
  'out of the history are in them; calls without a known price count as 0 in the cost and are told apart. ' +
  '`from` is in the sums, `to` is not; they lie at most 400 days apart.'

/** What the documentation of every overview says. */
export const overviewDescription =
  'By the days of a time zone, with as many days before to compare with. Sums are kept by whole hours of UTC: in a zone ' +
  'that is half an hour or a quarter off, an hour counts for the day in which it begins. Every day is there, those ' +
  'without a call as well, and the days add up to the totals exactly. `from` is in it, `to` is not; they lie at most ' +
  '400 days apart. Calls that their owner took out of the history are in the sums.'

/** The answer of an export. */
export const csvContent = {
  description: 'RFC 4180. A cell that would be a formula has an apostrophe before it.',
  content: { 'text/csv': { schema: { type: 'string' as const } } },
}
