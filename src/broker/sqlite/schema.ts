// The tables of the store, as the first lines of the file name them.

import type { SqliteDatabase } from './driver.ts';

/** "Tide", in the header of the file: what `file` shows, and what tells it from other databases. */
export const applicationId = 0x54_69_64_65;

/** Grows with every change of the tables. A file with a higher one was written by a newer version. */
export const schemaVersion = 1;

/**
 * `seal` is the checksum of its row. Times (`*_at`, `held_until`, `time`) are milliseconds of the store's own clock,
 * which never goes back; only `published_at` is for people.
 */
const tables = `
  CREATE TABLE store (
    id INTEGER PRIMARY KEY CHECK (id = 1), commits INTEGER NOT NULL, time REAL NOT NULL, seal INTEGER NOT NULL);
  CREATE TABLE channel (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL, policy TEXT NOT NULL,
    head INTEGER NOT NULL, horizon INTEGER NOT NULL, used_at REAL NOT NULL, seal INTEGER NOT NULL);
  -- data: JSON as text, or, where bytes are among it, what the serializer of V8 makes of it.
  CREATE TABLE publication (
    channel INTEGER NOT NULL, "offset" INTEGER NOT NULL, appended_at REAL NOT NULL, published_at REAL NOT NULL,
    publisher TEXT, state_key TEXT, removed INTEGER NOT NULL, data BLOB NOT NULL, seal INTEGER NOT NULL,
    PRIMARY KEY (channel, "offset")) WITHOUT ROWID;
  CREATE UNIQUE INDEX publication_key ON publication (channel, state_key) WHERE state_key IS NOT NULL;
  CREATE INDEX publication_removed ON publication (channel, "offset") WHERE removed = 1;
  CREATE TABLE lease (
    channel INTEGER NOT NULL, "offset" INTEGER NOT NULL, attempt INTEGER NOT NULL, holder TEXT NOT NULL,
    held_until REAL NOT NULL, seal INTEGER NOT NULL,
    PRIMARY KEY (channel, "offset")) WITHOUT ROWID;
  CREATE TABLE producer (
    id INTEGER PRIMARY KEY, channel INTEGER NOT NULL, publisher TEXT NOT NULL, name TEXT NOT NULL,
    last_sequence INTEGER NOT NULL, results INTEGER NOT NULL, used_at REAL NOT NULL, seal INTEGER NOT NULL,
    UNIQUE (channel, publisher, name));
  CREATE INDEX producer_age ON producer (channel, used_at);
  CREATE TABLE result (
    producer INTEGER NOT NULL, slot INTEGER NOT NULL, sequence INTEGER NOT NULL, "offset" INTEGER NOT NULL,
    seal INTEGER NOT NULL,
    PRIMARY KEY (producer, slot)) WITHOUT ROWID;
  CREATE TABLE dedupe (
    channel INTEGER NOT NULL, publisher TEXT NOT NULL, key TEXT NOT NULL, "offset" INTEGER NOT NULL,
    added_at REAL NOT NULL, seal INTEGER NOT NULL,
    PRIMARY KEY (channel, publisher, key)) WITHOUT ROWID;
  CREATE INDEX dedupe_age ON dedupe (channel, added_at);
`;

export function createTables(database: SqliteDatabase): void {
  database.exec(`${tables}
    PRAGMA application_id = ${applicationId};
    PRAGMA user_version = ${schemaVersion};`);
}

/** Everything that belongs to an epoch, and is forgotten with it, but the publications. */
export const tablesOfAnEpoch = ['dedupe', 'producer', 'lease'] as const;
