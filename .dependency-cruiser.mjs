// Who may import whom: the table of docs/architecture.md as a failing check. tools/imports.spec.ts plants a bad import
// for every rule and sees it fail.

/** Library or app → the libraries it may import. */
const table = {
  'libs/contracts': [],
  'libs/outbound': [],
  'libs/client': [],
  'libs/platform': ['contracts'],
  'libs/llm': ['contracts', 'outbound'],
  'libs/identity': ['contracts', 'outbound'],
  'libs/accounts': ['contracts', 'platform'],
  'libs/usage': ['contracts', 'platform'],
  // Its databases are the platform's own, set up for a test.
  'libs/testing': ['contracts', 'platform'],
  'apps/sidecar': ['outbound'],
  'apps/web': ['contracts'],
  'apps/gateway': ['contracts', 'outbound', 'platform', 'llm', 'identity', 'accounts', 'usage'],
}

const test = '\\.(e2e-)?spec\\.ts$'

const rules = Object.entries(table).map(([folder, allowed]) => ({
  name: `imports-of-${folder.replace('/', '-')}`,
  comment: `${folder} may import ${allowed.length > 0 ? allowed.join(', ') : 'nothing of ours'} (docs/architecture.md).`,
  severity: 'error',
  from: { path: `^${folder}/`, pathNot: [test, '^(apps|libs)/[^/]+/test/'] },
  to: {
    path: '^(libs|apps)/',
    pathNot: [`^${folder}/`, ...allowed.map((name) => `^libs/${name}/`)],
  },
}))

export default {
  forbidden: [
    ...rules,
    {
      name: 'tests-import-no-other-app',
      comment: 'A test imports libraries and its own app, never another app.',
      severity: 'error',
      from: { path: `^(libs|apps)/([^/]+)/.*${test}` },
      to: { path: '^apps/', pathNot: '^apps/$2/' },
    },
    {
      name: 'only-through-the-index',
      comment: "A library's inner files are not importable from outside: use @gatehouse/<lib>.",
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^libs/([^/]+)/src/', pathNot: ['^libs/$2/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'no-cycle',
      comment: 'A cycle between decorated classes is a crash at import in ESM.',
      severity: 'error',
      from: { pathNot: 'generated' },
      to: { circular: true },
    },
    {
      name: 'pure-libraries',
      comment: 'llm, identity, outbound, contracts and client know no framework and no database.',
      severity: 'error',
      from: { path: '^libs/(llm|identity|outbound|contracts|client)/' },
      to: { path: '^(node_modules/)?(@nestjs|@prisma|fastify|pg|@electric-sql)' },
    },
    {
      name: 'contracts-run-in-a-browser',
      comment: 'contracts is shared with the web app: no node: modules there.',
      severity: 'error',
      from: { path: '^libs/contracts/', pathNot: test },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-programs',
      comment: 'Nothing a caller sends may ever reach a shell: the product starts no programs.',
      severity: 'error',
      from: {
        path: '^(libs|apps)/',
        pathNot: [
          test,
          '^(apps|libs)/[^/]+/test/',
          '^libs/testing/',
          // Asks ps when a process began, on systems without /proc; no input reaches it.
          '^libs/platform/src/process-identity\\.ts$',
        ],
      },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'product-never-imports-testing',
      comment: 'Stand-ins stay in tests.',
      severity: 'error',
      from: { path: '^(libs|apps)/', pathNot: [test, '^(apps|libs)/[^/]+/test/', '^libs/testing/'] },
      to: { path: '^libs/testing/' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^dist/|/generated/)' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
