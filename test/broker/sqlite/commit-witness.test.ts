import assert from 'node:assert/strict';
import { copyFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CommitWitness, witnessPathOf } from '../../../src/broker/sqlite/commit-witness.ts';
import { type TemporaryStore, temporaryStore } from './temporary-store.ts';

describe('witness of commits', () => {
  let place: TemporaryStore;
  beforeEach(() => {
    place = temporaryStore();
    writeFileSync(place.path, 'a database');
  });
  afterEach(() => place.remove());

  function write(commits: number): void {
    const witness = new CommitWitness(place.path);
    witness.write(commits);
    witness.sync();
    witness.close();
  }

  function seen(path = place.path): number | undefined {
    const witness = new CommitWitness(path);
    witness.close();
    return witness.seenCommits;
  }

  it('has seen nothing of a database that is new to it', () => assert.equal(seen(), undefined));

  it('tells the last number that it was given', () => {
    write(7);
    write(2 ** 40);
    assert.equal(seen(), 2 ** 40);
  });

  it('goes with a file that is renamed, and not with a copy', () => {
    write(7);
    const [moved, copy] = [`${place.path}.moved`, `${place.path}.copy`];
    copyFileSync(place.path, copy);
    copyFileSync(witnessPathOf(place.path), witnessPathOf(copy));
    renameSync(place.path, moved);
    renameSync(witnessPathOf(place.path), witnessPathOf(moved));
    assert.deepEqual([seen(moved), seen(copy)], [7, undefined]);
  });

  it('believes nothing that is torn or altered', () => {
    write(7);
    const path = witnessPathOf(place.path);
    truncateSync(path, 19);
    assert.equal(seen(), undefined);
    writeFileSync(path, Buffer.alloc(20, 1));
    assert.equal(seen(), undefined);
  });
});
