import type { Variables } from '@gatehouse/contracts'
import { z } from 'zod'
import { choice, flag, integer, isRange, list, origin, text } from './schemas.js'

/** The gateway's own variables; plugins add theirs. */
export const coreVariables = {
  PORT: {
    schema: integer({ min: 0, max: 65_535, default: 8000 }),
    comment: 'Port to listen on.',
    example: '8000',
  },
  HOST: {
    schema: text(),
    comment: 'Address to listen on: 127.0.0.1 in development, 0.0.0.0 in production unless set.',
    example: '127.0.0.1',
  },
  PUBLIC_URL: {
    schema: origin(),
    comment:
      'The address people and identity providers reach Gatehouse by; http://localhost:PORT unless set.\nIn production https, or loopback.',
    example: 'https://gatehouse.example.com',
  },
  NODE_ENV: {
    schema: choice(['development', 'production', 'test'], 'development'),
    comment: '"production" turns every development convenience off and refuses weak secrets.',
    example: 'production',
  },
  DATABASE_URL: {
    schema: z
      .string()
      .refine((value) => URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol), {
        error: 'must be a Postgres address, like postgres://user:password@host:5432/gatehouse',
      })
      .optional(),
    comment: 'Postgres server. Unset: an embedded Postgres in DATA_DIR, for one process.',
    example: 'postgres://gatehouse:PASSWORD@localhost:5432/gatehouse',
    secret: true,
  },
  DATA_DIR: {
    schema: text().transform((value) => value ?? './data'),
    comment: 'Folder of the embedded database, generated development secrets and the spool of calls.',
    example: './data',
  },
  GATEHOUSE_CONFIG: {
    schema: text(),
    comment:
      'YAML file of further connections, aliases of models, fallbacks, retries and timeouts: see gatehouse.example.yaml.\n./gatehouse.yaml, where there is one, unless set.',
    example: './gatehouse.yaml',
  },
  ADMIN_EMAILS: {
    schema: list()
      .refine((emails) => emails.every((email) => /^[^\s@]+@[^\s@]+$/.test(email)), {
        error: 'must be a comma list of e-mail addresses, like ops@example.com',
      })
      .transform((emails) => emails.map((email) => email.toLowerCase())),
    comment:
      'Comma list. An identity with one of these verified addresses gets the admin role at sign-in.\nadmin@localhost in development unless set.',
    example: 'ops@example.com',
  },
  ENABLE_AUTH: {
    schema: flag(true),
    comment:
      'false: no sign-in; whoever is on this machine calls /v1 as one local person, and nothing else is served.\nDevelopment only, with HOST and PUBLIC_URL on loopback.',
    example: 'true',
  },
  ALLOWED_EMAIL_DOMAINS: {
    schema: list()
      .transform((domains) => domains.map((domain) => domain.toLowerCase().replace(/^@/, '')))
      .refine((domains) => domains.every((domain) => /^[^\s@/:]+$/.test(domain)), {
        error: 'must be a comma list of domains, like example.com',
      }),
    comment: 'Comma list of domains whose verified addresses may register. Unset: everyone.',
    example: 'example.com',
  },
  KEEP_CONTENT: {
    schema: choice(['own', 'all', 'none'], 'own'),
    comment: "Whether prompts and answers are kept in the history: own (people's own calls), all, none.",
    example: 'own',
  },
  CONTENT_RETENTION_DAYS: {
    schema: integer({ min: 1, max: 3650, default: 30 }),
    comment: 'Days after which kept prompts and answers are deleted.',
    example: '30',
  },
  CORS_ORIGINS: {
    schema: list().refine(
      (origins) => origins.every((entry) => URL.canParse(entry) && new URL(entry).origin === entry),
      { error: 'must be a comma list of exact origins, like https://app.example.com' },
    ),
    comment: 'Comma list of exact origins whose pages may call the API. Unset: the same origin only.',
    example: 'https://app.example.com',
  },
  TRUST_PROXY: {
    schema: list().refine((entries) => entries.every(isRange), {
      error: 'must be a comma list of addresses or CIDR ranges, like 10.0.0.0/8',
    }),
    comment: 'Comma list of CIDR ranges whose X-Forwarded-* headers are believed. Unset: nobody.',
    example: '10.0.0.0/8',
  },
  METRICS_TOKEN: {
    schema: z
      .string()
      .min(16, 'must have at least 16 characters')
      // RFC 6750 section 2.1: what else it held, no Authorization header could ever match.
      .regex(/^[A-Za-z0-9\-._~+/]+=*$/, 'may hold letters, digits and - . _ ~ + / alone')
      .optional(),
    comment: 'Bearer token with which /metrics may be read without an admin.',
    secret: true,
  },
  DRAIN_TIMEOUT_SECONDS: {
    schema: integer({ min: 0, max: 3600, default: 60 }),
    comment: 'Seconds that live streams may run on after SIGTERM.',
    example: '60',
  },
  SHUTDOWN_GRACE_SECONDS: {
    schema: z
      .string()
      .regex(/^\d{1,4}$/, 'must be a whole number of seconds')
      .transform(Number)
      .optional(),
    comment: 'Seconds of normal service after SIGTERM, with /ready at 503 (5 in production, else 0).',
    example: '5',
  },
  LOG_LEVEL: {
    schema: choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace'], 'info'),
    comment: 'fatal, error, warn, info, debug or trace.',
    example: 'info',
  },
  LOG_DIR: {
    schema: text(),
    comment: 'Folder for rotated log files (10 MB x 5). Unset: standard output only.',
    example: './logs',
  },
  LOG_CONTENT: {
    schema: flag(false),
    comment: 'true writes prompts and answers to the log. Never do this where people have not agreed to it.',
    example: 'false',
  },
} satisfies Variables
