/** What the documentation of every route of usage says. */
export const usageDescription =
  'Sums of whole hours and days in UTC, of the calls that began in them and have ended. Calls that their owner took ' +
  'out of the history are in them; calls without a known price count as 0 in the cost and are told apart. ' +
  '`from` is in the sums, `to` is not; they lie at most 400 days apart.'

/** The answer of an export. */
export const csvContent = {
  description: 'RFC 4180. A cell that would be a formula has an apostrophe before it.',
  content: { 'text/csv': { schema: { type: 'string' as const } } },
}
