import type { Database } from '@gatehouse/platform'

/** One character more of each text than is ever shown of all, so that what is cut is seen to be. */
const characters = 65_537

interface KeptContent {
  prompt: unknown
  response: string | null
  parameters: unknown
}

/**
 * The beginning of each text that is kept of a call. The database cuts: of what may be 20 MiB the process would else read
 * all, to show a little of it. Parameters that are too long to be shown come as one text of that length.
 */
export async function beginningOfContent(
  database: Database,
  callId: string,
): Promise<KeptContent | undefined> {
  const [kept] = await database.client.$queryRaw<KeptContent[]>`
    SELECT
      left("response", ${characters}::int) AS "response",
      CASE WHEN octet_length("parameters"::text) > 4 * ${characters}::int
        THEN jsonb_build_object('cut', repeat('x', ${characters}::int)) ELSE "parameters" END AS "parameters",
      CASE WHEN jsonb_typeof("prompt") = 'array' THEN (
        SELECT jsonb_agg(
          CASE jsonb_typeof(message -> 'content')
            WHEN 'string' THEN jsonb_set(message, '{content}', to_jsonb(left(message ->> 'content', ${characters}::int)))
            WHEN 'array' THEN jsonb_set(message, '{content}', coalesce((
              SELECT jsonb_agg(
                CASE WHEN jsonb_typeof(part -> 'text') = 'string'
                  THEN jsonb_set(part, '{text}', to_jsonb(left(part ->> 'text', ${characters}::int)))
                  ELSE part END
                ORDER BY place)
              FROM jsonb_array_elements(message -> 'content') WITH ORDINALITY AS parts(part, place)), '[]'::jsonb))
            ELSE message END
          ORDER BY number)
        FROM jsonb_array_elements("prompt") WITH ORDINALITY AS messages(message, number))
      ELSE "prompt" END AS "prompt"
    FROM "CallContent" WHERE "callId" = ${callId}::uuid`
  return kept
}
