// What can be known of deploy/ without an engine and without a cluster: that every file reads, every reference ends
// somewhere, every object has the schema of its kind, and what must agree between files does. Programs that are not here
// are named as skipped; deploy/requirements.txt brings all of them but docker.
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, parseAllDocuments } from 'yaml'
import { keycloakVersion } from './keycloak.mjs'

const repository = resolve(fileURLToPath(import.meta.url), '../..')
const installed = join(repository, 'node_modules', '.cache', 'deploy-tools', 'bin')
/** A version that clusters run: schemas of a newer one would let pass what they do not know yet. */
const kubernetesVersion = '1.34'
/** The names of the document that operators follow. */
const taskNames = [
  'all',
  'cluster-create',
  'deploy-keycloak',
  'proxy-keycloak',
  'deploy-inference-gateway',
  'proxy-inference-gateway',
]
const dockerfiles = ['Dockerfile', 'apps/sidecar/Dockerfile']
/** Folders that are applied: the others are parts of these. */
const applied = [
  'gateway/overlays/local',
  'gateway/overlays/production',
  'keycloak/overlays/local',
  'keycloak/overlays/production',
  'sidecar/example',
].map((folder) => `deploy/kubernetes/${folder}`)

/**
 * @param {{ root?: string, programs?: boolean }} [options] root: the folder that holds them; programs: false asks no other program
 * @returns {Promise<{ problems: string[], skipped: string[] }>} a line each
 */
export async function checkDeploy({ root = repository, programs = true } = {}) {
  const read = (file) => readFileSync(join(root, file), 'utf8')
  const yamlFiles = ['docker-compose.yml', 'Taskfile.yml', ...filesBelow(root, 'deploy', /\.ya?ml$/)]
  const problems = yamlFiles.flatMap((file) => unreadable(file, read(file)))
  // What follows reads them.
  if (problems.length > 0) return { problems, skipped: [] }
  problems.push(
    ...yamlFiles
      .filter((file) => file.endsWith('kustomization.yaml'))
      .flatMap((file) => missingReferences(root, file, parse(read(file)))),
    ...agreements(root, read),
  )
  const skipped = []
  if (!programs) return { problems, skipped }
  const outcomes = await Promise.all([
    compose(root),
    lint(root, 'hadolint', dockerfiles),
    lint(root, 'yamllint', ['-s', '-c', 'deploy/yamllint.yaml', ...yamlFiles]),
    lint(root, 'task', ['--taskfile', 'Taskfile.yml', '--dry', 'all']),
    ...applied.map((folder) => objects(root, folder)),
  ])
  for (const outcome of outcomes) {
    problems.push(...outcome.problems)
    skipped.push(...outcome.skipped)
  }
  return { problems, skipped: [...new Set(skipped)] }
}

/** @returns {string[]} */
function unreadable(file, text) {
  return parseAllDocuments(text, { strict: true, uniqueKeys: true, merge: true }).flatMap(
    ({ errors, warnings }) => [...errors, ...warnings].map(({ message }) => `${file}: ${message}`),
  )
}

/** Files and folders that a Kustomization names and that are not there. */
function missingReferences(root, file, kustomization) {
  const folder = join(root, file, '..')
  const named = [
    ...(kustomization.resources ?? []),
    ...(kustomization.components ?? []),
    ...(kustomization.patches ?? []).flatMap(({ path }) => path ?? []),
    ...(kustomization.configMapGenerator ?? []).flatMap(({ envs = [], files = [] }) => [...envs, ...files]),
  ]
  return named.filter((path) => !existsSync(join(folder, path))).map((path) => `${file}: there is no ${path}`)
}

/** What must agree between files. */
function agreements(root, read) {
  const problems = []
  const compose = parse(read('docker-compose.yml'), { merge: true })
  const known = new Set(
    read('.env.example')
      .match(/^# ([A-Z][A-Z0-9_]+)(?==)/gm)
      ?.map((name) => name.slice(2)),
  )
  const settings = (file) =>
    Object.fromEntries(
      read(file)
        .match(/^[A-Z_0-9]+=.*$/gm)
        ?.map(pair) ?? [],
    )
  const environments = filesBelow(root, 'deploy/kubernetes/gateway', /\.env$/)
  for (const file of environments)
    for (const name of Object.keys(settings(file)))
      if (!known.has(name)) problems.push(`${file}: ${name} is no variable of .env.example`)
  for (const name of Object.keys(compose.services.gateway.environment))
    if (!known.has(name)) problems.push(`docker-compose.yml: ${name} is no variable of .env.example`)

  const { SHUTDOWN_GRACE_SECONDS, DRAIN_TIMEOUT_SECONDS } = settings(
    'deploy/kubernetes/gateway/base/gateway.env',
  )
  const stop = Number(SHUTDOWN_GRACE_SECONDS) + Number(DRAIN_TIMEOUT_SECONDS)
  const deployment = parse(read('deploy/kubernetes/gateway/base/deployment.yaml'))
  const patience = deployment.spec.template.spec.terminationGracePeriodSeconds
  if (!(patience > stop))
    problems.push(
      `deploy/kubernetes/gateway/base/deployment.yaml: terminationGracePeriodSeconds ${patience} must be above SHUTDOWN_GRACE_SECONDS + DRAIN_TIMEOUT_SECONDS, ${stop}: the pod would be killed in the middle of a stream`,
    )
  if (!(Number.parseInt(compose.services.gateway.stop_grace_period, 10) > stop))
    problems.push(`docker-compose.yml: stop_grace_period of the gateway must be above ${stop} s`)

  const { images } = parse(read('deploy/kubernetes/keycloak/base/kustomization.yaml'))
  for (const [file, tag] of [
    ['docker-compose.yml', compose.services.keycloak.image.split(':').at(-1)],
    ['deploy/kubernetes/keycloak/base/kustomization.yaml', String(images[0].newTag)],
  ])
    if (tag !== keycloakVersion)
      problems.push(`${file}: Keycloak ${tag} is not the version that is tested, ${keycloakVersion}`)

  for (const { clientId, secret } of JSON.parse(read('deploy/keycloak/realm.json')).clients)
    if (!/^\$\{[A-Z_]+\}$/.test(secret))
      problems.push(
        `deploy/keycloak/realm.json: the secret of ${clientId} must be a placeholder, as \${NAME}`,
      )

  const tasks = parse(read('Taskfile.yml')).tasks
  for (const name of taskNames) if (!tasks[name]) problems.push(`Taskfile.yml: there is no task ${name}`)

  for (const file of dockerfiles) {
    const text = read(file)
    if (!/^USER [1-9]\d*:[1-9]\d*$/m.test(text))
      problems.push(`${file}: USER must be a number that is not 0, or runAsNonRoot cannot be checked`)
    for (const [, sources] of text.matchAll(/^COPY (?!--from)((?:\S+ )+)\S+$/gm))
      for (const source of sources.trim().split(' '))
        if (!existsSync(join(root, source))) problems.push(`${file}: there is no ${source} to copy`)
    if (!/^HEALTHCHECK /m.test(text)) problems.push(`${file}: it has no HEALTHCHECK`)
    if (!/^ENTRYPOINT \["node"/m.test(text))
      problems.push(`${file}: ENTRYPOINT must be node itself, in exec form: a shell between keeps SIGTERM`)
  }
  const flags = (line = '') => line.match(/--[\w-]+=\d+/g)?.join(' ') ?? ''
  const ofImage = flags(/^ENTRYPOINT .*$/m.exec(read('Dockerfile'))?.[0])
  const ofNpm = flags(JSON.parse(read('package.json')).scripts.start)
  if (ofImage !== ofNpm)
    problems.push(`Dockerfile: ENTRYPOINT gives Node "${ofImage}", and npm start "${ofNpm}"`)
  return problems
}

/** @param {string} line `NAME=value` */
function pair(line) {
  const at = line.indexOf('=')
  return [line.slice(0, at), line.slice(at + 1)]
}

/** The schema of compose, and by docker itself where it is. */
async function compose(root) {
  const linted = await execute(
    process.execPath,
    [
      join(repository, 'node_modules/dclint/bin/dclint.cjs'),
      '--max-warnings=0',
      '--color=false',
      '-c',
      'deploy/dclint.json',
      'docker-compose.yml',
    ],
    root,
  )
  const problems = linted.failed ? [`docker-compose.yml: ${linted.output}`] : []
  const docker = program('docker')
  const plugin = docker && (await execute(docker, ['compose', 'version'], root))
  if (!plugin || plugin.failed)
    return { problems, skipped: ['docker compose config (there is no docker compose)'] }
  const secret = 'a-secret-of-this-check'
  const { failed, output } = await execute(
    docker,
    ['compose', '--profile', 'keycloak', '--profile', 'sidecar', '-f', 'docker-compose.yml', 'config', '-q'],
    root,
    { POSTGRES_PASSWORD: secret, JWT_SECRET: secret },
  )
  return { problems: failed ? [...problems, `docker-compose.yml: ${output}`] : problems, skipped: [] }
}

/** One program over files; what it prints when it fails is the problem. */
async function lint(root, name, args) {
  const file = program(name)
  if (!file) return { problems: [], skipped: [`${name} (it is not installed: deploy/requirements.txt)`] }
  const { failed, output } = await execute(file, args, root)
  return { problems: failed ? [`${name}: ${output}`] : [], skipped: [] }
}

/** The objects of a folder as a cluster would get them, by the schemas of their kinds. */
async function objects(root, folder) {
  const kubectl = program('kubectl')
  if (!kubectl)
    return { problems: [], skipped: ['kubectl kustomize (it is not installed: deploy/requirements.txt)'] }
  const built = await execute(kubectl, ['kustomize', folder], root)
  if (built.failed) return { problems: [`${folder}: ${built.output}`], skipped: [] }
  const rendered = parseAllDocuments(built.output).map((document) => document.toJS())
  const problems = rendered.flatMap((object) => loose(folder, object, rendered))
  const validate = program('kubernetes-validate')
  if (!validate)
    return { problems, skipped: ['kubernetes-validate (it is not installed: deploy/requirements.txt)'] }
  const own = mkdtempSync(join(tmpdir(), 'gatehouse-deploy-'))
  try {
    const file = join(own, 'objects.yaml')
    writeFileSync(file, built.output)
    const { failed, output } = await execute(
      validate,
      ['-k', kubernetesVersion, '--strict', '--quiet', file],
      root,
    )
    return { problems: failed ? [...problems, `${folder}: ${output}`] : problems, skipped: [] }
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

/** What a schema does not see: names that lead nowhere, images without a version, pods that may be root. */
function loose(folder, object, all) {
  const at = `${folder}: ${object.kind} ${object.metadata.name}`
  const problems = []
  const labels = all.flatMap(({ spec, metadata }) =>
    spec?.template ? [{ ...spec.template.metadata.labels, namespace: metadata.namespace }] : [],
  )
  const selector =
    object.kind === 'Service'
      ? object.spec.selector
      : (object.spec?.podSelector?.matchLabels ?? object.spec?.selector?.matchLabels)
  if (
    selector &&
    !labels.some((pod) => Object.entries(selector).every(([name, value]) => pod[name] === value))
  )
    problems.push(`${at}: no pod has the labels that it selects`)
  const pod = object.spec?.template?.spec
  if (!pod) return problems
  const containers = [...(pod.initContainers ?? []), ...pod.containers]
  for (const { name, image, securityContext, resources } of containers) {
    if (!/:[^:/]+$/.test(image) || image.endsWith(':latest'))
      problems.push(`${at}: the image ${image} has no version`)
    if (!(securityContext?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot))
      problems.push(`${at}: the container ${name} may run as root`)
    if (securityContext?.allowPrivilegeEscalation !== false)
      problems.push(`${at}: the container ${name} may gain privileges`)
    if (!resources?.limits?.memory) problems.push(`${at}: the container ${name} has no limit of memory`)
  }
  const maps = new Set(all.flatMap(({ kind, metadata }) => (kind === 'ConfigMap' ? [metadata.name] : [])))
  for (const name of configMapsOf(pod, containers))
    if (!maps.has(name)) problems.push(`${at}: there is no ConfigMap ${name}`)
  return problems
}

function configMapsOf(pod, containers) {
  return [
    ...(pod.volumes ?? []).flatMap(({ configMap }) => configMap?.name ?? []),
    ...containers.flatMap(({ envFrom = [] }) =>
      envFrom.flatMap(({ configMapRef }) => configMapRef?.name ?? []),
    ),
    ...containers.flatMap(({ env = [] }) =>
      env.flatMap(({ valueFrom }) => valueFrom?.configMapKeyRef?.name ?? []),
    ),
  ]
}

/** @returns {string | undefined} the file of a program: of deploy/requirements.txt, or else on the PATH */
function program(name) {
  return [installed, ...(process.env.PATH ?? '').split(delimiter)]
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file))
}

/** @returns {Promise<{ failed: boolean, output: string }>} */
function execute(file, args, cwd, environment = {}) {
  return new Promise((done) => {
    execFile(
      file,
      args,
      { cwd, env: { ...process.env, ...environment }, maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) =>
        done({
          failed: error !== null,
          output: error ? `${stdout}${stderr}`.trim() || error.message : stdout,
        }),
    )
  })
}

function filesBelow(root, folder, pattern) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name) && entry.name !== 'secrets.env')
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { problems, skipped } = await checkDeploy()
  for (const line of problems) console.log(line)
  for (const line of skipped) console.log(`skipped: ${line}`)
  process.exit(problems.length > 0 ? 1 : 0)
}
