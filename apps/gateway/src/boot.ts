import { type Accounts, createAccounts } from '@gatehouse/accounts'
import { AppError, CallBody, PresetBody, SignInBody } from '@gatehouse/contracts'
import { createSessionTokens, createSignIn, createTrustedIssuers } from '@gatehouse/identity'
import { createModels, type Models } from '@gatehouse/llm'
import { createTransport } from '@gatehouse/outbound'
import {
  ConfigError,
  connectDatabase,
  createMetrics,
  type Database,
  databaseFailure,
  type Logger,
  systemClock,
} from '@gatehouse/platform'
import { type CallLog, createCallLog } from '@gatehouse/usage'
import { NestFactory } from '@nestjs/core'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import { messagesRoutes } from './anthropic/messages.routes.js'
import { AppModule, controllers } from './app.module.js'
import { type GatewayConfig, localAdmin } from './config.js'
import { createAuthenticate } from './http/authenticate.js'
import type { Caller } from './http/caller.js'
import { createLocalAuthenticate } from './http/local-caller.js'
import { createSchemaPipe } from './http/schema.pipe.js'
import { createAdapter, type LiveRoute, prepareServer } from './http/server.js'
import { createSessionCookie } from './http/session-cookie.js'
import { createLifecycle, type Lifecycle } from './lifecycle.js'
import { identityOf } from './local-issuer/person.js'
import { modelsRoutes } from './models/models.routes.js'
import { NestLog } from './nest-log.js'
import { createLiveCalls, type LiveCall } from './openai/live-calls.js'
import { openAiRoutes } from './openai/openai.routes.js'
import { createPipeline } from './openai/pipeline.js'
import { createRouter } from './openai/router.js'
import { serveDocs } from './openapi.js'
import { proxyRoutes } from './proxy/proxy.routes.js'
import * as tokens from './tokens.js'
import { version } from './version.js'
import { webRoutes } from './web/web.routes.js'

/** How soon the database is asked again for what it could not say. */
const askAgainMs = 1000
/** How often the providers are asked for their models, by which a bare name finds its provider. */
const listAgainMs = 5 * 60_000
/** How often it is said that it is away. */
const sayAgainMs = 60_000

/** A gateway that has been put together. */
export interface Gateway {
  app: NestFastifyApplication
  accounts: Accounts
  calls: CallLog
  database: Database
  models: Models
  lifecycle: Lifecycle
  /** Every route, Nest's and raw ones, as they are served. */
  routes: LiveRoute[]
  /** Once it listens: the database is there, and the credentials of the providers have been looked for. */
  ready: Promise<unknown>
  /** Listens; `/health` answers at once, `/ready` when the database does. */
  listen(): Promise<void>
  /** A session token of the local admin of development; null where the local sign-in is off. */
  localToken(): Promise<string | null>
  /** Stops in order: no longer ready, then no new requests, then the running ones end, then what waits is written. */
  close(): Promise<void>
}

/**
 * Puts a gateway together from its configuration. Nothing listens yet.
 * @param onFailure told when the process cannot go on: its embedded database has ended
 */
export async function createGateway(
  config: GatewayConfig,
  logger: Logger,
  onFailure: (error: Error) => void = () => {},
): Promise<Gateway> {
  let databaseAwayAt = Number.NEGATIVE_INFINITY
  const onError = (error: unknown): void => {
    if (!isAway(error)) logger.warn({ err: error }, 'trouble in the background')
    // Everything in the background meets it again and again, and at the start it is told already.
    else if (database.state().phase !== 'starting' && performance.now() - databaseAwayAt > sayAgainMs) {
      databaseAwayAt = performance.now()
      logger.warn('database unavailable')
    }
  }
  const lifecycle = createLifecycle()
  const metrics = createMetrics()
  const transport = createTransport()
  const database = connectDatabase({
    url: config.databaseUrl,
    dataDir: config.dataDir,
    onProgress: (line, level) => logger[level](line),
    onFailure,
  })
  const databaseReady = lifecycle.await('database')
  void database.ready.then(databaseReady, () => {})

  const secure = config.publicUrl.startsWith('https:')
  const sessionTokens = createSessionTokens({
    secret: config.jwtSecret,
    issuer: config.publicUrl,
    ...(config.jwtSecretPrevious ? { previousSecret: config.jwtSecretPrevious } : {}),
  })
  const cookie = createSessionCookie(sessionTokens, { secure, lifetimeSeconds: config.accessTokenSeconds })
  const accounts = createAccounts({
    database,
    policy: {
      adminEmails: config.adminEmails,
      // Without sign-in nobody can register, and the one local principal has no domain to allow.
      allowedDomains: config.enableAuth ? config.allowedDomains : [],
    },
    forget: (principalId) => calls.forget(principalId),
    onError,
  })
  const calls = createCallLog({
    database,
    dataDir: config.dataDir,
    contentRetentionDays: config.contentRetentionDays,
    prices: config.routing?.prices ?? [],
    onError,
    onDamage: (file, lines) =>
      logger.warn({ file, lines }, 'spool lines could not be read; they were torn by a crash'),
  })
  const { promise: checked, resolve: modelsChecked } = Promise.withResolvers<void>()
  const { routing } = config
  const models = createModels({
    values: config.models,
    connections: routing?.connections ?? [],
    transport: routing?.timeouts ? transport.withTimeouts(routing.timeouts) : transport,
    production: config.production,
  })
  const issuer = config.localSignIn
    ? // Not loaded where it is off.
      await (await import('./local-issuer/local-issuer.js')).createLocalIssuer({
        publicUrl: config.publicUrl,
        host: config.host,
        production: config.production,
        dataDir: config.dataDir,
        clientId: 'gatehouse',
        redirectUris: [`${config.publicUrl}/auth/local/callback`],
        onError,
      })
    : null
  const signIn = createSignIn({
    values: config.signIn,
    fetch: transport.fetch,
    production: config.production,
    ...(issuer ? { local: issuer.address } : {}),
  })
  const issuers = createTrustedIssuers({
    issuers: config.issuers,
    fetch: transport.fetch,
    signInAudiences: signIn.audiences,
    onState: (issuer, problem) =>
      problem === null
        ? logger.info({ issuer }, 'issuer answers again')
        : logger.warn({ issuer, problem }, 'issuer does not answer as it should'),
  })
  const live = createLiveCalls(metrics)
  metrics.spoolPending.watch(() => calls.waiting())
  const stopFollowing = accounts.onChange((change) => {
    if (change.kind === 'principal') void endCallsOfChanged(change.subject)
    if (change.kind === 'key') void endCallsOfRevoked(change.subject)
  })
  /** Of somebody who is disabled all of them, of somebody who may use less those of what is out. */
  const endCallsOfChanged = async (principalId: string): Promise<void> => {
    if (!live.any(principalId)) return
    try {
      const principal = await accounts.principal(principalId)
      if (principal?.status === 'active') live.narrow(principalId, principal.models)
      else live.stop(principalId, new AppError('account_disabled'))
    } catch (error) {
      // Nobody knows: asked again until somebody does.
      onError(error)
      setTimeout(() => void endCallsOfChanged(principalId), askAgainMs).unref()
    }
  }
  const endCallsOfRevoked = async (keyId: string): Promise<void> => {
    const call = live.any(keyId)
    if (call) await endUnlessHolding(keyId, call, (reason) => live.stop(keyId, reason))
  }
  /** @param id whose calls are meant: while none of them runs there is nothing to end */
  const endUnlessHolding = async (
    id: string,
    call: LiveCall,
    end: (reason: AppError) => void,
  ): Promise<void> => {
    if (!live.any(id)) return
    try {
      call.narrow(await call.caller.check())
    } catch (error) {
      if (error instanceof AppError && error.status < 500) return end(error)
      onError(error)
      setTimeout(() => void endUnlessHolding(id, call, end), askAgainMs).unref()
    }
  }
  /** A call whose caller lost rights between the guard and its registration was not among the live ones then. */
  const confirm = (caller: Caller, call: LiveCall): void => {
    if (!caller.unchanged()) void endUnlessHolding(caller.principal.id, call, (reason) => call.abort(reason))
  }
  const authenticate = config.enableAuth
    ? createAuthenticate({ accounts, sessionTokens, issuers, cookie, metrics })
    : createLocalAuthenticate(accounts, config)
  const router = createRouter(models, routing)
  let relisting: NodeJS.Timeout | undefined
  const pipeline = createPipeline({
    calls,
    live,
    metrics,
    clock: systemClock,
    logger,
    logContent: config.logContent,
    confirm,
  })

  const services = [
    { provide: tokens.CONFIG, useValue: config },
    { provide: tokens.LOGGER, useValue: logger },
    { provide: tokens.METRICS, useValue: metrics },
    { provide: tokens.DATABASE, useValue: database },
    { provide: tokens.ACCOUNTS, useValue: accounts },
    { provide: tokens.CALLS, useValue: calls },
    { provide: tokens.MODELS, useValue: models },
    { provide: tokens.SIGN_IN, useValue: signIn },
    { provide: tokens.ISSUERS, useValue: issuers },
    { provide: tokens.SESSION_TOKENS, useValue: sessionTokens },
    { provide: tokens.SESSION_COOKIE, useValue: cookie },
    { provide: tokens.AUTHENTICATE, useValue: authenticate },
    { provide: tokens.PIPELINE, useValue: pipeline },
    { provide: tokens.ROUTER, useValue: router },
    { provide: tokens.LIVE_CALLS, useValue: live },
    { provide: tokens.LIFECYCLE, useValue: lifecycle },
  ]
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(services),
    createAdapter(config, logger),
    {
      logger: new NestLog(logger),
      bodyParser: false,
      abortOnError: false,
    },
  )
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance
  const routes = prepareServer(fastify, app, { config, logger, metrics, lifecycle, controllers })
  const modelProviders = () => models.status().flatMap(({ id, state }) => (state === 'ready' ? [id] : []))
  const signInProviders = () => signIn.list().map(({ id }) => id)
  app.useGlobalPipes(
    createSchemaPipe(
      new Map<unknown, Record<string, () => string[]>>([
        [CallBody, { provider: modelProviders }],
        [PresetBody, { provider: modelProviders }],
        [SignInBody, { provider: signInProviders }],
      ]),
    ),
  )
  if (issuer) await (await import('./local-issuer/mount.js')).mountLocalIssuer(fastify, issuer)
  serveDocs(app)
  const keep = {
    keepContent: config.keepContent === 'all',
    keepPlayground: config.keepContent !== 'none',
  }
  const modelRoutes = { pipeline, router, models, calls, logger, ...keep }
  await openAiRoutes(fastify, modelRoutes)
  await messagesRoutes(fastify, modelRoutes)
  await modelsRoutes(fastify, modelRoutes)
  await proxyRoutes(fastify, modelRoutes)
  await webRoutes(fastify, { accounts, authenticate, config, issuers, logger, signIn, version })

  return {
    app,
    accounts,
    calls,
    database,
    models,
    lifecycle,
    routes,
    ready: Promise.all([database.ready, checked]),
    async listen() {
      await app.init()
      await app.listen(config.port, config.host).catch((error: unknown) => {
        throw listenProblem(error, config)
      })
      // The lists are there before somebody asks for them.
      void models
        .check(AbortSignal.timeout(10_000))
        .then(modelsChecked)
        .then(() => models.list())
      relisting = setInterval(() => void models.list(), listAgainMs).unref()
    },
    async localToken() {
      if (!issuer) return null
      const identity = identityOf(localAdmin)
      const seconds = config.accessTokenSeconds
      const { principal, session } = await accounts.signIn(
        identity,
        'either',
        { kind: 'token', seconds },
        {
          principalId: null,
          address: null,
          userAgent: 'start banner',
          requestId: null,
        },
      )
      return sessionTokens.sign({ subject: principal.id, sessionId: session.id, expiresInSeconds: seconds })
        .token
    },
    async close() {
      lifecycle.beginStop()
      if (config.graceSeconds > 0)
        await new Promise((resolve) => setTimeout(resolve, config.graceSeconds * 1000))
      lifecycle.beginRefusing()
      const drainMs = config.drainSeconds * 1000
      const overdue = setTimeout(() => live.stopAll(new AppError('shutting_down')), drainMs)
      // What still is open a second later belongs to a client that does not read, or never asked anything.
      const cut = setTimeout(() => fastify.server.closeAllConnections(), drainMs + 1000)
      await live.idle()
      clearTimeout(overdue)
      const idleCut = setTimeout(() => fastify.server.closeAllConnections(), 1000)
      await app.close()
      clearTimeout(cut)
      clearTimeout(idleCut)
      stopFollowing()
      clearInterval(relisting)
      await calls.close()
      await accounts.close()
      await database.close()
      await transport.close()
    },
  }
}

/** Whether an error says that the database cannot be reached, and nothing besides: a sentence of ours may have it as its cause. */
function isAway(error: unknown): boolean {
  const wrapped = error instanceof Error && error.name === 'Error' && error.cause !== undefined
  return databaseFailure(wrapped ? new Error(error.message) : error).kind === 'unavailable'
}

/** Why a port cannot be listened on, in terms of the variable to change. */
function listenProblem(error: unknown, { port, host }: GatewayConfig): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return new ConfigError('PORT', `${port} is in use by another program. Stop it, or set another port`)
  if (code === 'EACCES')
    return new ConfigError('PORT', `${port} may not be opened by this user. Set one above 1023`)
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new ConfigError('HOST', `${host} is no address of this machine`)
  return error
}
