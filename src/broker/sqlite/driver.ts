// Opens a SQLite database by whichever driver there is: the runtime's own, or the package better-sqlite3.

import { BrokerError } from '../errors.ts';

/** What a cell may hold. `boolean` and `undefined` are not among it. */
export type Cell = string | number | Uint8Array | null;

export type Row = { readonly [column: string]: Cell };

export interface SqliteStatement {
  run(...cells: Cell[]): unknown;
  get(...cells: Cell[]): Row | undefined;
  all(...cells: Cell[]): Row[];
}

/** What both drivers have in common, and all that is used of them. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

export const driverNames = ['node:sqlite', 'better-sqlite3'] as const;
export type DriverName = (typeof driverNames)[number];

export type OpenDatabase = (path: string) => SqliteDatabase;

/**
 * `node:sqlite` where it is no longer an experiment (Node 24), else better-sqlite3.
 * @throws {BrokerError} `BROKER_UNSUPPORTED`, naming the package to install.
 */
export async function loadDriver(name: DriverName | undefined): Promise<OpenDatabase> {
  const nodeMajor = Number.parseInt(process.versions.node, 10);
  return (name ?? (nodeMajor >= 24 ? 'node:sqlite' : 'better-sqlite3')) === 'node:sqlite'
    ? loadBuiltIn()
    : loadPackage();
}

async function loadBuiltIn(): Promise<OpenDatabase> {
  interface BuiltIn {
    readonly DatabaseSync: new (path: string) => SqliteDatabase;
  }
  // The types of Node 20 do not know the module: its name is no literal here.
  const name: string = 'node:sqlite';
  const { DatabaseSync } = (await load(name, `Node ${process.versions.node} has no node:sqlite`)) as BuiltIn;
  return (path) => new DatabaseSync(path);
}

async function loadPackage(): Promise<OpenDatabase> {
  interface Package {
    readonly default: new (path: string) => SqliteDatabase;
  }
  const name: string = 'better-sqlite3';
  const { default: Database } = (await load(
    name,
    'SqliteBroker needs the package better-sqlite3 (npm install better-sqlite3), or Node 24 or later',
  )) as Package;
  return (path) => {
    try {
      return new Database(path);
    } catch (error) {
      if (sqliteCodeOf(error) !== undefined) throw error;
      // The package is there, but not its native half: it was not compiled, or for another version of Node.
      throw new BrokerError(
        'BROKER_UNSUPPORTED',
        'the package better-sqlite3 does not load here: run npm rebuild better-sqlite3',
        { effect: 'none', cause: error },
      );
    }
  };
}

async function load(name: string, message: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    throw new BrokerError('BROKER_UNSUPPORTED', message, { effect: 'none', cause: error });
  }
}

/** The primary result codes that are told apart here. */
const primaryCodes = new Map([
  [5, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [8, 'SQLITE_READONLY'],
  [10, 'SQLITE_IOERR'],
  [11, 'SQLITE_CORRUPT'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [26, 'SQLITE_NOTADB'],
]);

/** The primary result code of a failure of SQLite itself, such as `SQLITE_FULL`; `SQLITE_ERROR` for the rarer ones. */
export function sqliteCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
  if (typeof errcode === 'number') return primaryCodes.get(errcode & 0xff) ?? 'SQLITE_ERROR';
  if (typeof code !== 'string' || !code.startsWith('SQLITE_')) return undefined;
  for (const primary of primaryCodes.values()) if (code.startsWith(primary)) return primary;
  return 'SQLITE_ERROR';
}
