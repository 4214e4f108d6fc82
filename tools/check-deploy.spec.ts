import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkDeploy } from './check-deploy.mjs'

const gateway = 'deploy/kubernetes/gateway'

/** A mistake for each check: where it is made, how, and what is said of it. */
const planted: [name: string, file: string, from: string | RegExp, to: string, says: RegExp][] = [
  ['YAML that does not read', 'Taskfile.yml', 'version: "3"', 'version: "3', /Taskfile\.yml: /],
  ['a name that comes twice', 'docker-compose.yml', 'read_only: true', 'init: false', /unique/],
  [
    'a file that is not there',
    `${gateway}/base/kustomization.yaml`,
    'service.yaml',
    'port.yaml',
    /no port\.yaml/,
  ],
  [
    'a variable that is none',
    `${gateway}/base/gateway.env`,
    'ENABLE_AUTH',
    'AUTH_ON',
    /AUTH_ON is no variable/,
  ],
  [
    'a stop that is cut short',
    `${gateway}/base/gateway.env`,
    /DRAIN.*/,
    'DRAIN_TIMEOUT_SECONDS=90',
    /above .* 95/,
  ],
  [
    'a Keycloak that is not tested',
    'docker-compose.yml',
    /keycloak:26[.\d]+/,
    'keycloak:25.0.6',
    /Keycloak 25\.0\.6/,
  ],
  [
    'a secret that is none',
    'deploy/keycloak/realm.json',
    '${OIDC_CLIENT_SECRET}',
    'hunter2',
    /realm\.json: .*placeholder/,
  ],
  ['a task that is gone', 'Taskfile.yml', /proxy-keycloak:/, 'keycloak-proxy:', /no task proxy-keycloak/],
  [
    'a file that no image can copy',
    'Dockerfile',
    'COPY package.json LICENSE ./',
    'COPY package.json LICENCE ./',
    /no LICENCE to copy/,
  ],
  ['an image that runs as root', 'Dockerfile', 'USER 1000:1000', 'USER node', /^Dockerfile: USER/],
  [
    'a shell that keeps the signal',
    'Dockerfile',
    /ENTRYPOINT.*/,
    'ENTRYPOINT node x.js',
    /^Dockerfile: ENTRYPOINT/,
  ],
  [
    'an image with another memory',
    'Dockerfile',
    '"--max-semi-space-size=16", ',
    '',
    /ENTRYPOINT gives Node "", and npm start "--max-semi-space-size=16"/,
  ],
]

/** For checks by programs: of npm, and those of deploy/requirements.txt. All are made together, since asking takes seconds. */
const plantedForPrograms: typeof planted = [
  [
    'a key that compose does not know',
    'docker-compose.yml',
    '    build: .',
    '    bulid: .',
    /docker-compose\.yml: .*schema/s,
  ],
  ['a field that no object has', `${gateway}/base/service.yaml`, 'targetPort', 'targetport', /targetport/],
  [
    'a Service of nobody',
    `${gateway}/base/service.yaml`,
    '    app: inference-gateway',
    '    app: x',
    /no pod has the labels/,
  ],
  [
    'a container that may be root',
    `${gateway}/base/deployment.yaml`,
    'runAsNonRoot: true',
    'runAsNonRoot: false',
    /may run as root/,
  ],
  ['a step that a Dockerfile has not', 'Dockerfile', 'WORKDIR /app', 'WORKDIR app', /hadolint: .*DL3000/s],
  ['a task without a command', 'Taskfile.yml', 'task: try', 'task: tyr', /task: .*tyr/s],
]

const parts = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'LICENSE',
  'prisma/migrations',
  'libs/client/package.json',
  'apps/web/package.json',
  'deploy',
  'docker-compose.yml',
  'Taskfile.yml',
  'Dockerfile',
  'apps/sidecar/Dockerfile',
  '.env.example',
]
const programs = existsSync('node_modules/.cache/deploy-tools/bin/kubectl')

function copyOfParts(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-deploy-'))
  for (const path of parts) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    cpSync(path, join(folder, path), { recursive: true })
  }
  return folder
}

function plant(folder: string, [, file, from, to]: (typeof planted)[number]): void {
  const text = readFileSync(join(folder, file), 'utf8')
  const changed = text.replace(from, to)
  expect(changed).not.toBe(text)
  writeFileSync(join(folder, file), changed)
}

describe('the check of deploy/', () => {
  it('has nothing to say of what is there', { timeout: 180_000 }, async () => {
    expect((await checkDeploy()).problems).toEqual([])
  })

  it.each(planted)('finds %s', async (...mistake) => {
    const root = copyOfParts()
    plant(root, mistake)
    expect((await checkDeploy({ root, programs: false })).problems.join('\n')).toMatch(mistake[4])
    rmSync(root, { recursive: true })
  })

  describe.skipIf(!programs)('with the programs of deploy/requirements.txt', () => {
    let root: string
    let found: string

    beforeAll(async () => {
      root = copyOfParts()
      for (const mistake of plantedForPrograms) plant(root, mistake)
      found = (await checkDeploy({ root })).problems.join('\n')
    }, 180_000)
    afterAll(() => rmSync(root, { recursive: true }))

    it.each(plantedForPrograms)('finds %s', (...mistake) => {
      expect(found).toMatch(mistake[4])
    })
  })
})
