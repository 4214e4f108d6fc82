// What is measured: each starts a program of its own and says how to ask it.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const secret = 'x8Qn2vLr7TzKp4Yw9JdHs6FgBc3MaEu1RiOo'

/** nginx as a plain reverse proxy with keep-alive to the upstream: the limit of a proxy. */
export async function startNginx({ folder, freePort, listening, stops, upstreamUrl, authority, name = '' }) {
  const port = await freePort()
  const home = join(folder, `nginx${name}`)
  const scheme = authority ? 'https' : 'http'
  const trust = authority
    ? `proxy_ssl_trusted_certificate ${authority}; proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_session_reuse on;`
    : ''
  mkdirSync(home)
  writeFileSync(
    join(home, 'nginx.conf'),
    `worker_processes 1; daemon off; pid ${home}/pid; error_log ${home}/error.log; events { worker_connections 12000; }
http { access_log off; client_body_buffer_size 2m; client_max_body_size 64m; proxy_temp_path ${home}/p; client_body_temp_path ${home}/c; fastcgi_temp_path ${home}/f; uwsgi_temp_path ${home}/u; scgi_temp_path ${home}/s;
  keepalive_requests 1000000;
  upstream up { server 127.0.0.1:${new URL(upstreamUrl).port}; keepalive 512; keepalive_requests 1000000; }
  server { listen 127.0.0.1:${port}; location / { proxy_pass ${scheme}://up; ${trust} proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; } } }`,
  )
  const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path))
  if (!nginx) throw new Error('nginx is not installed')
  const child = spawn(nginx, ['-c', join(home, 'nginx.conf'), '-p', home], { stdio: 'inherit' })
  stops.push(() => child.kill('SIGQUIT'))
  await listening(port)
  return {
    name: 'nginx',
    url: `http://127.0.0.1:${port}`,
    path: '/v1/chat/completions',
    headers: {},
    model: (name) => name,
    pids: () => [child.pid, ...childrenOf(child.pid)],
  }
}

/** What the image gives to Node: its flags, and the program. */
function asTheImage() {
  const [, line] = /^ENTRYPOINT (.*)$/m.exec(readFileSync(join(here, '../Dockerfile'), 'utf8'))
  return JSON.parse(line).slice(1)
}

/** Gatehouse as it runs in production: a checked token, calls recorded, logs written. */
export async function startGatehouse({
  folder,
  freePort,
  listening,
  stops,
  upstreamUrl,
  authority,
  name = '',
}) {
  const dataDir = join(folder, `gatehouse${name}`)
  const databaseUrl = await startDatabase(join(folder, `database${name}`), freePort, stops)
  if (!databaseUrl) throw new Error('needs a Postgres server: set BENCH_DATABASE_URL or install one')
  const first = await freePort()
  const publicUrl = `http://localhost:${first}`
  const begin = async (port, data) => {
    const child = spawn(process.execPath, asTheImage(), {
      cwd: join(here, '..'),
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        PORT: String(port),
        HOST: '127.0.0.1',
        PUBLIC_URL: publicUrl,
        DATA_DIR: data,
        DATABASE_URL: databaseUrl,
        JWT_SECRET: secret,
        SHUTDOWN_GRACE_SECONDS: '0',
        OPENAI_API_KEY: 'sk-bench-0123456789abcdefghijkl',
        OPENAI_BASE_URL: `${upstreamUrl}/v1`,
        ...(authority ? { NODE_EXTRA_CA_CERTS: authority } : {}),
        ...(process.env.BENCH_NODE_OPTIONS ? { NODE_OPTIONS: process.env.BENCH_NODE_OPTIONS } : {}),
      },
    })
    stops.push(() => new Promise((done) => child.once('exit', done).kill()))
    await listening(port, '/ready')
    return { url: `http://127.0.0.1:${port}`, pids: () => [child.pid] }
  }
  const process1 = await begin(first, dataDir)
  const token = await sessionToken(databaseUrl, dataDir, publicUrl)
  return {
    name: 'gatehouse',
    ...process1,
    path: '/v1/chat/completions',
    headers: { authorization: `Bearer ${token}` },
    model: (model) => `openai/${model}`,
    refuses: true,
    /** A second process of the same installation. */
    another: async () => begin(await freePort(), `${dataDir}-2`),
  }
}

/** The sidecar, with a token endpoint that gives everyone a token as long as Entra's. */
export async function startSidecar({ folder, freePort, stops, upstreamUrl, certificate }) {
  const token = { token_type: 'Bearer', expires_in: 3600, access_token: 'e'.repeat(1500) }
  const issuer = createServer((request, response) => {
    request.resume().on('end', () => response.end(JSON.stringify(token)))
  })
  await new Promise((done) => issuer.listen(0, '127.0.0.1', done))
  stops.push(() => issuer.close())
  const certificatePath = join(folder, 'client.pem')
  writeFileSync(
    certificatePath,
    readFileSync(certificate.cert, 'utf8') + readFileSync(certificate.key, 'utf8'),
    {
      mode: 0o600,
    },
  )
  const port = await freePort()
  const began = performance.now()
  const child = spawn(process.execPath, [join(here, '../dist/apps/sidecar/main.js')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      AZURE_CLIENT_ID: 'bench',
      AZURE_TENANT_ID: 'bench',
      AZURE_CERTIFICATE_PATH: certificatePath,
      AZURE_AUTHORITY_HOST: `http://127.0.0.1:${issuer.address().port}`,
      API_BASE_URL: upstreamUrl,
      PORT: String(port),
    },
  })
  stops.push(() => child.kill())
  const accepts = () =>
    new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false))
      socket.on('connect', () => socket.destroy())
    })
  while (!(await accepts())) {
    if (performance.now() - began > 10_000) throw new Error('the sidecar does not listen')
    await new Promise((done) => setTimeout(done, 2))
  }
  return {
    name: 'sidecar',
    startMs: performance.now() - began,
    url: `http://127.0.0.1:${port}`,
    path: '/v1/chat/completions',
    headers: {},
    model: (name) => name,
    pids: () => [child.pid],
  }
}

/** Portkey's gateway, a widely used peer in TypeScript; installed here, by its own lockfile. */
export async function startPortkey({ freePort, listening, stops, upstreamUrl }) {
  const home = join(here, 'node_modules/@portkey-ai/gateway')
  if (!existsSync(home))
    execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
      cwd: here,
      stdio: 'inherit',
    })
  const port = await freePort()
  const child = spawn(process.execPath, ['build/start-server.js', '--headless', `--port=${port}`], {
    cwd: home,
    stdio: 'ignore',
    env: { PATH: process.env.PATH, NODE_ENV: 'production' },
  })
  stops.push(() => child.kill())
  await listening(port)
  return {
    name: 'portkey',
    url: `http://127.0.0.1:${port}`,
    path: '/v1/chat/completions',
    headers: {
      authorization: 'Bearer sk-bench',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `${upstreamUrl}/v1`,
    },
    model: (name) => name,
    pids: () => [child.pid],
  }
}

/** A session token of a new account, made by the product's own libraries. */
async function sessionToken(databaseUrl, dataDir, publicUrl) {
  const { createAccounts } = await import('../dist/libs/accounts/src/index.js')
  const { openDatabase } = await import('../dist/libs/platform/src/index.js')
  const { createSessionTokens } = await import('../dist/libs/identity/src/index.js')
  const database = await openDatabase({ url: databaseUrl, dataDir })
  const accounts = createAccounts({ database, policy: { adminEmails: [], allowedDomains: [] } })
  const identity = {
    provider: 'bench',
    issuer: 'bench',
    subject: 'bench',
    email: null,
    emailVerified: false,
    name: null,
  }
  const actor = { principalId: null, address: null, userAgent: null, requestId: null }
  const seconds = 24 * 3600
  const { principal, session } = await accounts.signIn(identity, 'either', { kind: 'token', seconds }, actor)
  await accounts.close()
  await database.close()
  return createSessionTokens({ secret, issuer: publicUrl }).sign({
    subject: principal.id,
    sessionId: session.id,
    expiresInSeconds: seconds,
  }).token
}

/** BENCH_DATABASE_URL, or a throwaway server of the system's binaries. */
async function startDatabase(home, freePort, stops) {
  if (process.env.BENCH_DATABASE_URL) return process.env.BENCH_DATABASE_URL
  const root = '/usr/lib/postgresql'
  const bin = existsSync(root) ? join(root, readdirSync(root).sort().at(-1), 'bin') : undefined
  if (!bin || !existsSync(join(bin, 'initdb'))) return undefined
  mkdirSync(home)
  const user = process.getuid() === 0 ? postgresUser() : {}
  if (user.uid) execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, home])
  execFileSync(join(bin, 'initdb'), ['-D', join(home, 'data'), '-U', 'bench', '-A', 'trust', '-N'], {
    ...user,
    cwd: home,
    stdio: 'ignore',
  })
  const port = await freePort()
  const child = spawn(
    join(bin, 'postgres'),
    [
      '-D',
      join(home, 'data'),
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
    ],
    { ...user, cwd: home, stdio: 'ignore' },
  )
  stops.push(() => child.kill('SIGQUIT'))
  await new Promise((done) => setTimeout(done, 1500))
  return `postgres://bench@127.0.0.1:${port}/postgres`
}

function postgresUser() {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'))
  const [, , uid, gid] = line?.split(':') ?? []
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) }
}

function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
}
