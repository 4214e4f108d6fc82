import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  DriverAdapterError,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import type { MigrationList, SchemaEngine, SchemaFilter } from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'
import type { MigrationFile } from './migration-files.js'

/** Nothing is left out of a comparison. */
export const everything: SchemaFilter = { externalTables: [], externalEnums: [] }

/** The part of the global that is used; Node's types leave it to those of browsers. */
declare const WebAssembly: {
  instantiate(code: Uint8Array, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>
}

const datasource = 'datasource db {\n  provider = "postgresql"\n}\n'

let glue: Promise<typeof SchemaEngine> | undefined

/** Prisma's schema engine (WebAssembly, 5 MB) holds one global instance: it is loaded once per process, when needed. */
function loadGlue(): Promise<typeof SchemaEngine> {
  glue ??= (async () => {
    if (!Reflect.has(globalThis, panics)) Reflect.set(globalThis, panics, { set_message: panic })
    const module = '@prisma/schema-engine-wasm/schema_engine_bg'
    const bindings: Record<string, unknown> = {
      ...(await import('@prisma/schema-engine-wasm/schema_engine_bg')),
    }
    const file = join(dirname(createRequire(import.meta.url).resolve(module)), 'schema_engine_bg.wasm')
    const imports = Object.fromEntries(
      Object.entries(bindings).map(([name, value]) => [
        name,
        name.startsWith('__wbg_setTimeout_') ? unrefTimer : value,
      ]),
    )
    const { instance } = await WebAssembly.instantiate(await readFile(file), {
      './schema_engine_bg.js': imports,
    })
    ;(bindings.__wbg_set_wasm as (exports: object) => void)(instance.exports)
    ;(instance.exports.__wbindgen_start as () => void)()
    return bindings.SchemaEngine as typeof SchemaEngine
  })()
  return glue
}

/** Where the engine reports a bug of its own; Prisma's client sets it too. Without it the caller would wait for ever. */
const panics = 'PRISMA_WASM_PANIC_REGISTRY'

function panic(message: string): never {
  throw new Error(`The schema engine failed: ${message}`)
}

/** The engine never clears the 10 s timer of its lock; a program that is done must not wait for it. */
function unrefTimer(callback: () => void, milliseconds: number): NodeJS.Timeout {
  return setTimeout(callback, milliseconds >>> 0).unref()
}

/** The engine on a pool of one connection, and the error of the script that failed last, as the server gave it. */
export interface EngineSession {
  engine: SchemaEngine
  scriptError(): pg.DatabaseError | undefined
}

/**
 * Starts Prisma's schema engine on a pool that holds one connection alone, since the engine's lock is the session's.
 * The pool is the engine's from then on, and no second engine is started on it.
 */
export async function startEngine(pool: pg.Pool): Promise<EngineSession> {
  let failed: pg.DatabaseError | undefined
  const inner = new PrismaPg(pool)

  const connect = async (): Promise<SqlDriverAdapter> => {
    const adapter = await inner.connect()
    admitCharColumns(pool, adapter)
    // The adapter's own version splits at every semicolon, also at those inside a function's body or a comment. Sent
    // whole, a script is one implicit transaction: it is applied or it is not.
    adapter.executeScript = (script) =>
      runScript(pool, script).catch((error: unknown) => {
        if (!(error instanceof pg.DatabaseError)) throw error
        failed = error
        throw new DriverAdapterError({
          kind: 'postgres',
          code: error.code ?? '',
          severity: error.severity ?? '',
          message: error.message,
          detail: error.detail,
          column: error.column,
          hint: error.hint,
        })
      })
    return adapter
  }
  const factory: SqlMigrationAwareDriverAdapterFactory = {
    provider: inner.provider,
    adapterName: inner.adapterName,
    connect,
    connectToShadowDb: () => inner.connectToShadowDb(),
  }
  const engine = await (await loadGlue()).new(
    { datamodels: [['schema.prisma', datasource]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(factory),
  )
  return { engine, scriptError: () => failed }
}

/**
 * The engine reads Postgres' catalogues, whose flags are of the type `"char"`. The adapter does not know that type and
 * refuses the whole answer: it is shown `bpchar`, which reads the same way, and the engine is told the true type.
 */
function admitCharColumns(pool: pg.Pool, adapter: SqlDriverAdapter): void {
  const { BPCHAR, CHAR } = pg.types.builtins
  const query = pool.query.bind(pool)
  const queryRaw = adapter.queryRaw.bind(adapter)
  let chars: pg.FieldDef[] = []
  Object.assign(pool, {
    query: async (config: pg.QueryArrayConfig, values?: unknown[]) => {
      const result = await query(config, values)
      chars = result.fields.filter(({ dataTypeID }) => dataTypeID === CHAR)
      for (const field of chars) field.dataTypeID = BPCHAR
      return result
    },
  })
  // The engine asks one question at a time.
  adapter.queryRaw = async (question) => {
    const result = await queryRaw(question)
    for (const { name } of chars)
      result.columnTypes[result.columnNames.indexOf(name)] = ColumnTypeEnum.Character
    return result
  }
}

async function runScript(pool: pg.Pool, script: string): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query(script)
  } catch (error) {
    // A script with a BEGIN of its own leaves its transaction open when it fails.
    await client.query('ROLLBACK').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}

/** Migrations in the form that the engine takes. */
export function migrationList(folder: string, files: MigrationFile[]): MigrationList {
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: files.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
    })),
  }
}
