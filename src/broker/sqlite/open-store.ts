// Opens the file: makes it, or checks that it is whole and goes on where it was, or says what is wrong with it.

import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ChannelPolicy, UsageError } from '../../channel/index.ts';
import { CommitWitness, witnessPathOf } from './commit-witness.ts';
import { loadDriver, type OpenDatabase, type SqliteDatabase, sqliteCodeOf } from './driver.ts';
import { createEpoch } from './epoch.ts';
import { applicationId, createTables, schemaVersion, tablesOfAnEpoch } from './schema.ts';
import { checkSeal, DamageError, sealOf } from './seal.ts';
import { Store } from './store.ts';
import type { StoreOpening, StoreSettings } from './store-call.ts';
import { channelCells, channelRowOf } from './stored-channel.ts';

export interface OpenedStore {
  readonly store: Store;
  readonly opening: StoreOpening;
  /** The store's time when it was last written. */
  readonly time: number;
}

/** @throws {DamageError} when the file is damaged and `onDamage` is `refuse`. */
export async function openStore(
  settings: StoreSettings,
  policies: ReadonlyMap<number, ChannelPolicy>,
): Promise<OpenedStore> {
  const open = await loadDriver(settings.driver);
  mkdirSync(dirname(resolve(settings.path)), { recursive: true });
  try {
    return openFile(open, settings, policies);
  } catch (error) {
    if (!(error instanceof DamageError) || settings.onDamage === 'refuse') throw error;
    putAside(settings.path);
    return { ...openFile(open, settings, policies), opening: 'replaced' };
  }
}

/** Moves the file and what belongs to it out of the way, for people to look at. */
export function putAside(path: string): void {
  const suffix = `damaged-${Date.now()}`;
  for (const file of [path, `${path}-wal`, `${path}-shm`, witnessPathOf(path)]) {
    if (existsSync(file)) renameSync(file, `${file}.${suffix}`);
  }
}

function openFile(
  open: OpenDatabase,
  settings: StoreSettings,
  policies: ReadonlyMap<number, ChannelPolicy>,
): OpenedStore {
  let database: SqliteDatabase | undefined;
  let witness: CommitWitness | undefined;
  try {
    database = open(settings.path);
    configure(database, settings.maxFileBytes);
    const isNew = prepareTables(database, settings.path);
    witness = new CommitWitness(settings.path);
    const { commits, time } = isNew ? { commits: 0, time: 0 } : readState(database);
    const opening: StoreOpening = isNew ? 'new' : isBehind(witness, commits) ? 'renewed' : 'continued';
    const seen = Math.max(commits, witness.seenCommits ?? 0);
    const begun = opening === 'continued' ? commits : renewEpochs(database, { commits: seen + 1, time });
    witness.write(begun);
    witness.sync();
    return {
      store: new Store({ database, witness, commits: begun, time, policies }, settings),
      opening,
      time,
    };
  } catch (error) {
    witness?.close();
    database?.close();
    const code = sqliteCodeOf(error);
    if (code !== 'SQLITE_CORRUPT' && code !== 'SQLITE_NOTADB') throw error;
    throw new DamageError((error as Error).message, { cause: error });
  }
}

function configure(database: SqliteDatabase, maxFileBytes: number): void {
  // Two brokers on one file would not tell each other's subscribers: the first one has it for itself.
  for (const pragma of [
    'busy_timeout = 1000',
    'locking_mode = EXCLUSIVE',
    'journal_mode = WAL',
    // A commit returns when it is on the disk, also on macOS, where that takes more than fsync.
    'synchronous = FULL',
    'fullfsync = 1',
    'cell_size_check = 1',
    'trusted_schema = 0',
  ]) {
    database.exec(`PRAGMA ${pragma}`);
  }
  const { page_size: pageBytes } = database.prepare('PRAGMA page_size').get()!;
  // A file that is longer already stays as it is, and grows no more.
  database.exec(`PRAGMA max_page_count = ${Math.floor(maxFileBytes / (pageBytes as number))}`);
}

/** Whether there was nothing, and the tables were made. */
function prepareTables(database: SqliteDatabase, path: string): boolean {
  const pragma = (name: string): number =>
    Number(Object.values(database.prepare(`PRAGMA ${name}`).get()!)[0]);
  const hasTables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()!.count !== 0;
  const application = pragma('application_id');
  const version = pragma('user_version');
  if (!hasTables && application === 0 && version === 0) {
    database.exec('BEGIN IMMEDIATE');
    createTables(database);
    const cells = [0, 0];
    database.prepare('INSERT INTO store VALUES (1, ?, ?, ?)').run(...cells, sealOf(...cells));
    database.exec('COMMIT');
    return true;
  }
  if (application !== applicationId) throw new UsageError(`${path} is a database of another program`);
  if (version !== schemaVersion) {
    throw new UsageError(`${path} has version ${version} of the store, this is for ${schemaVersion}`);
  }
  const [check] = database.prepare('PRAGMA quick_check(1)').all();
  const finding = check === undefined ? 'nothing' : String(Object.values(check)[0]);
  if (finding !== 'ok') throw new DamageError(finding);
  return false;
}

function readState(database: SqliteDatabase): { commits: number; time: number } {
  const row = database.prepare('SELECT commits, time, seal FROM store').get();
  if (row === undefined) throw new DamageError('the row of the store is missing');
  const { commits, time, seal } = row;
  checkSeal('the row of the store', seal, commits!, time!);
  return { commits: commits as number, time: time as number };
}

/** Whether commits that were acknowledged are missing, or may be: a copy cannot tell what the original did since. */
function isBehind({ seenCommits }: CommitWitness, commits: number): boolean {
  return seenCommits === undefined || seenCommits > commits;
}

/** Every channel begins a new epoch, with the publications that are left. */
function renewEpochs(database: SqliteDatabase, { commits, time }: { commits: number; time: number }): number {
  database.exec('BEGIN IMMEDIATE');
  for (const table of ['result', ...tablesOfAnEpoch]) database.exec(`DELETE FROM ${table}`);
  const update = database.prepare(
    `UPDATE channel SET name = ?, epoch = ?, policy = ?, head = ?, horizon = ?, used_at = ?, seal = ?
     WHERE id = ?`,
  );
  for (const row of database.prepare('SELECT * FROM channel').all().map(channelRowOf)) {
    update.run(...channelCells({ ...row, epoch: createEpoch() }), row.id);
  }
  database
    .prepare('UPDATE store SET commits = ?, time = ?, seal = ?')
    .run(commits, time, sealOf(commits, time));
  database.exec('COMMIT');
  return commits;
}
