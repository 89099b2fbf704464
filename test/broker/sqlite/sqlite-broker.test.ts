import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loadDriver, type SqliteDatabase } from '../../../src/broker/sqlite/driver.ts';
import { SqliteBroker, type SqliteBrokerOptions } from '../../../src/broker/sqlite/index.ts';
import { resolveChannelPolicy, UsageError } from '../../../src/channel/index.ts';
import { VirtualClock } from '../../../src/testkit/index.ts';
import { type TemporaryStore, temporaryStore } from './temporary-store.ts';

const log = resolveChannelPolicy({ class: 'log' });
const mailbox = resolveChannelPolicy({ class: 'mailbox' });
const all = { type: 'forward', limit: 100 } as const;

describe('SqliteBroker', () => {
  let place: TemporaryStore;
  let open: SqliteBroker[];

  beforeEach(() => {
    place = temporaryStore();
    open = [];
  });

  afterEach(async () => {
    await Promise.all(open.map((broker) => broker.close()));
    place.remove();
  });

  async function broker(options: Partial<SqliteBrokerOptions> = {}): Promise<SqliteBroker> {
    const opened = await SqliteBroker.open({ path: place.path, ...options });
    open.push(opened);
    return opened;
  }

  /** Opens the file of a closed broker as what it is. */
  async function withDatabase(work: (database: SqliteDatabase) => void): Promise<void> {
    const database = (await loadDriver(undefined))(place.path);
    work(database);
    database.close();
  }

  async function publishAndClose(count: number): Promise<string> {
    const first = await broker();
    const answers = await Promise.all(
      Array.from({ length: count }, (_, index) => first.publish('a', { data: `text ${index + 1}` }, log)),
    );
    await first.close();
    const last = answers.at(-1)!;
    assert.ok(last.type === 'accepted' && last.position.offset === count);
    return last.position.epoch;
  }

  it('goes on after a restart: history, epoch, producers and dedupe keys', async () => {
    const first = await broker();
    assert.equal(first.opening, 'new');
    const draft = { data: 1, dedupeKey: 'k', producer: { id: 'p', sequence: 1 } };
    const answer = await first.publish('a', draft, log);
    await first.close();
    const second = await broker();
    assert.equal(second.opening, 'continued');
    assert.deepEqual(await second.publish('a', draft, log), { ...answer, duplicate: true });
    const next = await second.publish('a', { data: 2, producer: { id: 'p', sequence: 2 } }, log);
    assert.ok(answer.type === 'accepted' && next.type === 'accepted');
    assert.deepEqual(next.position, { epoch: answer.position.epoch, offset: 2 });
  });

  it('measures age over restarts, and when the wall clock has been put back', async () => {
    const brief = resolveChannelPolicy({ class: 'log', history: { maxAgeMs: 10_000 } });
    const clock = new VirtualClock();
    const first = await broker({ clock });
    await first.publish('a', { data: 1 }, brief);
    clock.advance(6_000);
    await first.publish('a', { data: 2 }, brief);
    await first.close();
    const later = new VirtualClock({ wallTime: clock.wallTime() - 3_600_000 });
    const second = await broker({ clock: later });
    later.advance(5_000);
    const page = await second.history('a', all, brief);
    assert.ok(page.type === 'page');
    assert.deepEqual(
      page.publications.map(({ data }) => data),
      [2],
    );
  });

  it('forgets in the file what is too old, also in channels that nobody uses', async () => {
    const brief = resolveChannelPolicy({ class: 'log', history: { maxAgeMs: 10_000 } });
    const clock = new VirtualClock();
    const first = await broker({ clock, sweepMs: 60_000, idleMs: 120_000 });
    await first.publish('a', { data: 1, producer: { id: 'p', sequence: 1 } }, brief);
    await first.close();
    const counts = async (): Promise<unknown[]> => {
      const found: unknown[] = [];
      await withDatabase((database) => {
        for (const table of ['publication', 'producer', 'result', 'channel']) {
          found.push(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()!.count);
        }
      });
      return found;
    };
    assert.deepEqual(await counts(), [1, 1, 1, 1]);
    for (const [waitMs, expected] of [
      [60_000, [0, 1, 1, 1]],
      [600_000, [0, 0, 0, 0]],
    ] as const) {
      clock.advance(waitMs);
      const next = await broker({ clock, sweepMs: 1, idleMs: 120_000 });
      clock.advance(1);
      // The answer comes after that of the sweep.
      await next.mailbox.release('nobody', 'nothing');
      await next.close();
      assert.deepEqual(await counts(), expected);
    }
  });

  it('takes publishes that come together in one commit', async () => {
    await publishAndClose(500);
    let commits = 0;
    await withDatabase((database) => {
      commits = database.prepare('SELECT commits FROM store').get()!.commits as number;
    });
    assert.ok(commits <= 3, `${commits} commits`);
  });

  it('keeps the file for itself', async () => {
    await broker();
    await assert.rejects(broker(), { code: 'BROKER_UNAVAILABLE', message: /another process/ });
  });

  it('begins new epochs when commits are missing, and when the file is a copy; what is left can be read', async () => {
    const epoch = await publishAndClose(3);
    const copy = join(place.folder, 'copy.db');
    copyFileSync(place.path, copy);
    copyFileSync(`${place.path}-witness`, `${copy}-witness`);
    const second = await broker();
    await second.publish('a', { data: 'text 4' }, log);
    await second.close();
    // An older state takes the place of the newer one, under the name of that.
    renameSync(copy, place.path);
    const restored = await broker();
    assert.equal(restored.opening, 'renewed');
    const gap = await restored.history('a', { ...all, after: { epoch, offset: 3 } }, log);
    assert.ok(gap.type === 'gap' && gap.reason === 'epoch');
    const page = await restored.history('a', all, log);
    assert.ok(page.type === 'page' && page.publications.length === 3);
    const next = await restored.publish('a', { data: 'other text 4' }, log);
    assert.ok(next.type === 'accepted' && next.position.offset === 4 && next.position.epoch !== epoch);
    await restored.close();
    assert.equal((await broker()).opening, 'continued');
  });

  it('refuses a file that is none, or of another program, and leaves it as it is', async () => {
    writeFileSync(place.path, 'x'.repeat(10_000));
    await assert.rejects(broker(), { code: 'BROKER_DAMAGED', effect: 'none' });
    renameSync(place.path, `${place.path}.old`);
    await withDatabase((database) => database.exec('CREATE TABLE other (a)'));
    await assert.rejects(broker(), UsageError);
    await assert.rejects(broker({ onDamage: 'replace' }), UsageError);
    const folder = join(place.folder, 'folder');
    mkdirSync(folder);
    await assert.rejects(broker({ path: folder }), { code: 'BROKER_UNAVAILABLE' });
  });

  it('puts a damaged file aside when it is told to', async () => {
    writeFileSync(place.path, 'x'.repeat(10_000));
    const replaced = await broker({ onDamage: 'replace' });
    assert.equal(replaced.opening, 'replaced');
    const aside = readdirSync(place.folder).filter((name) => name.startsWith('store.db.damaged-'));
    assert.equal(aside.length, 1);
    assert.ok(existsSync(place.path));
  });

  it('serves nothing of a file whose rows were altered, from when it finds out', async () => {
    await publishAndClose(3);
    await withDatabase((database) =>
      database.exec(`UPDATE publication SET data = '"forged"' WHERE "offset" = 2`),
    );
    const damaged = await broker();
    const lost: string[] = [];
    (await damaged.subscribe('a', log)).start({
      onPublication: () => assert.fail(),
      onLost: (reason) => lost.push(reason),
    });
    const isDamaged = { code: 'BROKER_DAMAGED', effect: 'none' };
    await assert.rejects(damaged.history('a', all, log), isDamaged);
    await assert.rejects(damaged.history('a', all, log), isDamaged);
    await assert.rejects(damaged.publish('b', { data: 1 }, log), isDamaged);
    assert.deepEqual(lost, ['unavailable']);
  });

  it('notices rows that are missing', async () => {
    await publishAndClose(3);
    await withDatabase((database) => database.exec('DELETE FROM publication WHERE "offset" = 2'));
    await assert.rejects((await broker()).subscribe('a', log), { code: 'BROKER_DAMAGED' });
  });

  it('goes on with an empty file when it finds damage and may replace', async () => {
    const epoch = await publishAndClose(3);
    await withDatabase((database) =>
      database.exec(`UPDATE publication SET data = '"forged"' WHERE "offset" = 2`),
    );
    const damaged = await broker({ onDamage: 'replace' });
    const lost: string[] = [];
    (await damaged.subscribe('a', log)).start({
      onPublication: () => assert.fail(),
      onLost: (reason) => lost.push(reason),
    });
    await assert.rejects(damaged.history('a', all, log), { code: 'BROKER_DAMAGED' });
    assert.deepEqual(lost, ['epoch']);
    const next = await damaged.publish('a', { data: 1 }, log);
    assert.ok(next.type === 'accepted' && next.position.offset === 1 && next.position.epoch !== epoch);
  });

  it('begins a channel anew when its class changes, and tells who listens', async () => {
    const first = await broker();
    const before = await first.publish('a', { data: 1 }, log);
    const lost: string[] = [];
    (await first.subscribe('a', log)).start({ onPublication() {}, onLost: (reason) => lost.push(reason) });
    const state = resolveChannelPolicy({ class: 'state' });
    const after = await first.publish('a', { data: 2, stateKey: 'k' }, state);
    assert.ok(before.type === 'accepted' && after.type === 'accepted');
    assert.notEqual(after.position.epoch, before.position.epoch);
    assert.equal(after.position.offset, 1);
    assert.deepEqual(lost, ['epoch']);
  });

  it('refuses one channel too many, one call too many, and half a surrogate pair', async () => {
    const small = await broker({ maxChannels: 1, maxWaiting: 2 });
    await small.publish('a', { data: 1 }, log);
    await assert.rejects(small.publish('b', { data: 1 }, log), { code: 'BROKER_FULL', effect: 'none' });
    const calls = await Promise.allSettled([1, 2, 3].map((data) => small.publish('a', { data }, log)));
    assert.deepEqual(
      calls.map((call) => (call.status === 'rejected' ? call.reason.code : 'accepted')),
      ['accepted', 'accepted', 'BROKER_UNAVAILABLE'],
    );
    await assert.rejects(small.publish('a', { data: 1, dedupeKey: '\ud800' }, log), UsageError);
  });

  it('keeps its file below maxFileBytes, is read when it is full, and goes on when there is room', async () => {
    const reached: string[] = [];
    const clock = new VirtualClock();
    const small = await broker({
      clock,
      maxFileBytes: 400_000,
      maxChannels: 2,
      maxMembers: 1,
      onLimit: (limit) => reached.push(limit),
    });
    const brief = resolveChannelPolicy({ class: 'log', history: { maxAgeMs: 10_000 } });
    const data = 'x'.repeat(50_000);
    let count = 0;
    for (;;) {
      try {
        await small.publish('a', { data }, brief);
        count++;
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'BROKER_FULL');
        break;
      }
    }
    assert.ok(count >= 3 && count < 8, `${count} publications of 50 000 bytes`);
    const page = await small.history('a', all, brief);
    assert.ok(page.type === 'page' && page.publications.length === count);
    clock.advance(100_000);
    await small.history('a', all, brief);
    clock.advance(100_000);
    const next = await small.publish('a', { data }, brief);
    assert.ok(next.type === 'accepted' && next.position.offset === count + 1);
    await small.publish('b', { data: 1 }, brief);
    await assert.rejects(small.publish('c', { data: 1 }, brief), { code: 'BROKER_FULL' });
    const lease = { node: 'n', ttlMs: 1_000 };
    await small.presence.put('a', { key: 'ann/1', clock: 1, data: null }, lease);
    await assert.rejects(small.presence.put('a', { key: 'bob/1', clock: 1, data: null }, lease));
    assert.deepEqual(reached, ['maxFileBytes', 'maxChannels', 'maxMembers']);
  });

  it('refuses numbers that can limit nothing', async () => {
    await assert.rejects(broker({ maxFileBytes: 0 }), /maxFileBytes must be a whole number from 1/);
    await assert.rejects(broker({ maxChannels: Number.NaN }), /maxChannels must be/);
  });

  it('says which package is missing', async () => {
    const driver = 'node:sqlite' as const;
    if (isBuiltin(driver)) await broker({ driver });
    else await assert.rejects(broker({ driver }), { code: 'BROKER_UNSUPPORTED', message: /node:sqlite/ });
  });

  it('writes nothing of channels that were only looked at: strangers cannot fill the file', async () => {
    const small = await broker({ maxChannels: 1 });
    const glance = await small.subscribe('glance', log);
    for (let index = 0; index < 10; index++) {
      (await small.subscribe(`glance:${index}`, log)).close();
      await small.history(`page:${index}`, all, log);
      await small.mailbox.lease(`box:${index}`, { consumer: 'c', limit: 1, leaseMs: 1_000 }, mailbox);
    }
    const { position } = glance;
    const page = await small.history('glance', { ...all, after: position }, log);
    assert.deepEqual([page.type, page.kept], ['page', { epoch: position.epoch, horizon: 0, head: 0 }]);
    const elsewhere = { epoch: 'elsewhere', offset: 0 };
    assert.equal((await small.history('glance', { ...all, after: elsewhere }, log)).type, 'gap');
    const heard: unknown[] = [];
    glance.start({
      onPublication: ({ offset }) => heard.push(offset),
      onLost: (reason) => heard.push(reason),
    });
    const answer = await small.publish('glance', { data: 1 }, log);
    assert.ok(answer.type === 'accepted');
    assert.deepEqual([answer.position, heard], [{ epoch: position.epoch, offset: 1 }, [1]]);
    await assert.rejects(small.publish('other', { data: 1 }, log), { code: 'BROKER_FULL' });
    await small.close();
    await withDatabase((database) => {
      assert.equal(database.prepare('SELECT count(*) AS count FROM channel').get()?.count, 1);
    });
  });

  it('remembers no more for one publisher than its share: nobody else is refused for its sake', async () => {
    const store = await broker({ maxRemembered: 40 });
    const first = (publisher: string | undefined, id: string) =>
      store.publish('a', { data: 1, producer: { id, sequence: 1 }, ...(publisher && { publisher }) }, log);
    const keyed = (publisher: string | undefined, dedupeKey: string) =>
      store.publish('b', { data: 1, dedupeKey, ...(publisher && { publisher }) }, log);
    for (const publish of [first, keyed]) {
      const outcome = async (publisher?: string): Promise<string[]> => {
        const answers: string[] = [];
        for (let index = 0; index < 30; index++) answers.push((await publish(publisher, `${index}`)).type);
        return answers.filter((type) => type === 'accepted');
      };
      assert.equal((await outcome('greedy')).length, 4, 'a tenth for a subject');
      assert.equal((await outcome('other')).length, 4);
      assert.equal((await outcome()).length, 20, 'half of it for guests');
      assert.equal((await outcome('third')).length, 4);
    }
    const again = await store.publish(
      'a',
      { data: 2, publisher: 'greedy', producer: { id: '0', sequence: 2 } },
      log,
    );
    assert.equal(again.type, 'accepted', 'whoever is known goes on');
  });

  it('counts what it remembers rightly, while some of it is forgotten and after a restart', async () => {
    const clock = new VirtualClock({ wallTime: 1_000_000 });
    const policy = resolveChannelPolicy({ class: 'log', producerWindowMs: 1_000, dedupeWindowMs: 1_000 });
    let small = await broker({ maxRemembered: 40, clock });
    const publish = async (name: string): Promise<string> => {
      const draft = { data: 1, publisher: 'ann', dedupeKey: name, producer: { id: name, sequence: 1 } };
      return (await small.publish('a', draft, policy)).type;
    };
    for (let round = 0; round < 5; round++) {
      for (let index = 0; index < 4; index++) {
        clock.advance(200);
        assert.equal(await publish(`${round}:${index}`), 'accepted');
      }
      assert.equal(await publish(`${round}:one more`), 'refused');
      await small.close();
      small = await broker({ maxRemembered: 40, clock });
      assert.equal(await publish(`${round}:one more`), 'refused');
      clock.advance(1_000);
    }
  });
});
