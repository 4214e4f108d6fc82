import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AppModule } from './app.module.js'
import { docsScript, docsStyle } from './docs-page.js'
import { withModelPaths } from './model-paths.js'
import * as tokens from './tokens.js'

/** The OpenAPI 3.1 document of every route: of Nest's, and of the raw ones by which models are called. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setTitle('Gatehouse')
    .setDescription(
      [
        'One door to every language model. Errors are OpenAI-shaped on every path.',
        'Signed in at [the home page](/) in this browser? Then every call here is made as you: there is no need to authorize. A token that is given to Authorize goes before; this browser keeps it until it expires or you sign out there.',
      ].join('\n\n'),
    )
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description:
        'A session token from /auth/login or /auth/register, an API key, or a token of a trusted issuer',
    })
    .build()
  const document = SwaggerModule.createDocument(app, settings, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  })
  return withModelPaths(document)
}

/** Serves the document at `/docs-json`, and Swagger UI with Authorize at `/docs`. */
export function serveDocs(app: NestFastifyApplication): void {
  app.getHttpAdapter().get('/docs/page.js', (_request: FastifyRequest, reply: FastifyReply) => {
    void reply.type('text/javascript; charset=utf-8').send(docsScript)
  })
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'docs-json',
    raw: ['json'],
    customSiteTitle: 'Gatehouse API',
    customCss: docsStyle,
    customJs: '/docs/page.js',
    swaggerOptions: { persistAuthorization: true },
  })
}

/** The document without a running gateway: in Nest's preview mode nothing is constructed. For the snapshot. */
export async function describeApi(): Promise<OpenAPIObject> {
  const services = Object.values(tokens).map((provide) => ({ provide, useValue: {} }))
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(services),
    new FastifyAdapter(),
    {
      preview: true,
      logger: false,
      abortOnError: false,
    },
  )
  return openApiDocument(app)
}
