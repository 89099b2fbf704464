// The contract of history: pages that join, trims that are told, and an epoch that changes when continuity is lost.

import assert from 'node:assert/strict';
import { type ChannelPolicy, resolveChannelPolicy } from '../../channel/index.ts';
import { collect } from './collector.ts';
import type { BrokerCase } from './harness.ts';
import {
  accepted,
  at,
  dataOf,
  gap,
  kept,
  logPolicy,
  offsetsOf,
  page,
  publishNumbers,
  range,
  readAll,
} from './steps.ts';

const lastTen: ChannelPolicy = resolveChannelPolicy({ class: 'log', history: { maxCount: 10 } });

export const historyCases: readonly BrokerCase[] = [
  {
    name: 'forward pages tell all, once, in order, and how far the reader has come',
    async run(world) {
      const broker = await world.connect();
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 1, to: 23 });
      for (const limit of [1, 5, 22, 23, 24, 1000]) {
        assert.deepEqual(dataOf(await readAll(broker, ['chat:1', logPolicy], limit)), range(1, 23));
      }
      const { epoch } = await kept(broker, ['chat:1', logPolicy]);
      const some = await page(broker, { type: 'forward', after: at(epoch, 20), limit: 2 }, [
        'chat:1',
        logPolicy,
      ]);
      assert.deepEqual([offsetsOf(some.publications), some.next.offset, some.more], [[21, 22], 22, true]);
      const last = await page(broker, { type: 'forward', after: some.next, limit: 2 }, ['chat:1', logPolicy]);
      assert.deepEqual([offsetsOf(last.publications), last.next.offset, last.more], [[23], 23, false]);
      const none = await page(broker, { type: 'forward', after: last.next, limit: 2 }, ['chat:1', logPolicy]);
      assert.deepEqual([none.publications, none.next.offset, none.more], [[], 23, false]);
    },
  },
  {
    name: 'backward pages tell the newest first, down to the oldest',
    async run(world) {
      const broker = await world.connect();
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 1, to: 12 });
      const seen: number[] = [];
      let next = await page(broker, { type: 'backward', limit: 5 }, ['chat:1', logPolicy]);
      seen.push(...offsetsOf(next.publications));
      while (next.more) {
        next = await page(broker, { type: 'backward', before: next.next, limit: 5 }, ['chat:1', logPolicy]);
        seen.push(...offsetsOf(next.publications));
      }
      assert.deepEqual(seen, range(1, 12).reverse());
    },
  },
  {
    name: 'a page without any room tells only where the channel stands',
    async run(world) {
      const broker = await world.connect();
      await publishNumbers(broker, ['chat:1', lastTen], { from: 1, to: 14 });
      const asked = await page(broker, { type: 'forward', limit: 0 }, ['chat:1', lastTen]);
      assert.deepEqual(asked.publications, []);
      assert.deepEqual([asked.kept.horizon, asked.kept.head], [4, 14]);
    },
  },
  {
    name: 'a log is trimmed by count: who is below the horizon is told, who is at it misses nothing',
    async run(world) {
      const broker = await world.connect();
      await publishNumbers(broker, ['chat:1', lastTen], { from: 1, to: 25 });
      const { epoch } = await kept(broker, ['chat:1', lastTen]);
      const below = await gap(broker, { type: 'forward', after: at(epoch, 14), limit: 5 }, [
        'chat:1',
        lastTen,
      ]);
      assert.deepEqual(below, { type: 'gap', reason: 'trimmed', kept: { epoch, horizon: 15, head: 25 } });
      const atHorizon = { type: 'forward', after: at(epoch, 15), limit: 50 } as const;
      assert.deepEqual(
        offsetsOf((await page(broker, atHorizon, ['chat:1', lastTen])).publications),
        range(16, 25),
      );
      assert.deepEqual(offsetsOf(await readAll(broker, ['chat:1', lastTen])), range(16, 25));
      const backward = await page(broker, { type: 'backward', limit: 50 }, ['chat:1', lastTen]);
      assert.deepEqual([offsetsOf(backward.publications), backward.more], [range(16, 25).reverse(), false]);
    },
  },
  {
    name: 'a log is trimmed by age, and its offsets go on',
    async run(world, unitMs) {
      const broker = await world.connect();
      const policy = resolveChannelPolicy({ class: 'log', history: { maxAgeMs: 2 * unitMs } });
      await publishNumbers(broker, ['chat:1', policy], { from: 1, to: 3 });
      const { epoch } = await kept(broker, ['chat:1', policy]);
      await world.advance(unitMs);
      await publishNumbers(broker, ['chat:1', policy], { from: 4, to: 5 });
      await world.advance(1.5 * unitMs);
      assert.deepEqual(offsetsOf(await readAll(broker, ['chat:1', policy])), [4, 5]);
      const old = await gap(broker, { type: 'forward', after: at(epoch, 2), limit: 5 }, ['chat:1', policy]);
      assert.equal(old.reason, 'trimmed');
      await world.advance(2 * unitMs);
      assert.deepEqual(await readAll(broker, ['chat:1', policy]), []);
      assert.deepEqual(await kept(broker, ['chat:1', policy]), { epoch, horizon: 5, head: 5 });
      const { position } = await accepted(broker, { data: 6 }, ['chat:1', policy]);
      assert.deepEqual(position, { epoch, offset: 6 });
    },
  },
  {
    name: 'a reader whose next page was trimmed meanwhile is told so',
    async run(world) {
      const broker = await world.connect();
      await publishNumbers(broker, ['chat:1', lastTen], { from: 1, to: 10 });
      const first = await page(broker, { type: 'forward', limit: 4 }, ['chat:1', lastTen]);
      const back = await page(broker, { type: 'backward', limit: 4 }, ['chat:1', lastTen]);
      await publishNumbers(broker, ['chat:1', lastTen], { from: 11, to: 30 });
      const second = await gap(broker, { type: 'forward', after: first.next, limit: 4 }, ['chat:1', lastTen]);
      assert.equal(second.reason, 'trimmed');
      const end = await page(broker, { type: 'backward', before: back.next, limit: 4 }, ['chat:1', lastTen]);
      assert.deepEqual([end.publications, end.more], [[], false]);
    },
  },
  {
    name: 'readers that race with publishes and trims see pages that join, or a gap; never a silent hole',
    async run(world) {
      const [writer, reader] = [await world.connect(), await world.connect()];
      const total = 200;
      let published = 0;
      const writing = (async () => {
        while (published < total) {
          const burst = range(published + 1, Math.min(published + 7, total));
          await Promise.all(burst.map((data) => accepted(writer, { data }, ['chat:1', lastTen])));
          published += burst.length;
        }
      })();
      let next = await page(reader, { type: 'forward', limit: 3 }, ['chat:1', lastTen]);
      let reached = next.kept.horizon;
      for (;;) {
        for (const { offset, data } of next.publications) {
          assert.equal(offset, reached + 1, 'pages join');
          assert.equal(data, offset, 'an offset is one publication');
          reached = offset;
        }
        assert.equal(next.next.offset, reached, 'the page tells how far it came');
        if (reached >= total) break;
        const result = await reader.history(
          'chat:1',
          { type: 'forward', after: next.next, limit: 3 },
          lastTen,
        );
        if (result.type === 'page') next = result;
        else {
          assert.equal(result.reason, 'trimmed');
          assert.ok(result.kept.horizon > reached, 'a gap is told only when something is missing');
          next = await page(reader, { type: 'forward', limit: 3 }, ['chat:1', lastTen]);
          reached = next.next.offset - next.publications.length;
        }
      }
      await writing;
    },
  },
  {
    name: 'a position of another epoch, or ahead of the log, is a gap in both directions',
    async run(world) {
      const broker = await world.connect();
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 1, to: 3 });
      const { epoch } = await kept(broker, ['chat:1', logPolicy]);
      for (const position of [at('elsewhere', 2), at(epoch, 4), at(epoch, 2 ** 53 - 1)]) {
        const forward = { type: 'forward', after: position, limit: 1 } as const;
        assert.equal((await gap(broker, forward, ['chat:1', logPolicy])).reason, 'epoch');
      }
      for (const position of [at('elsewhere', 2), at(epoch, 5)]) {
        const backward = { type: 'backward', before: position, limit: 1 } as const;
        assert.equal((await gap(broker, backward, ['chat:1', logPolicy])).reason, 'epoch');
      }
    },
  },
  {
    name: 'a store that lost everything begins a new epoch, and nothing of the old one counts',
    needs: 'loseStore',
    async run(world) {
      const before = await world.connect();
      const collector = (await collect(before, 'chat:1', logPolicy)).start();
      const draft = { data: 1, dedupeKey: 'k', producer: { id: 'p', sequence: 1 } };
      await accepted(before, draft, ['chat:1', logPolicy]);
      await publishNumbers(before, ['chat:1', logPolicy], { from: 2, to: 9 });
      await world.loseStore!();
      await collector.lost();
      const after = await world.connect();
      const { epoch } = await kept(after, ['chat:1', logPolicy]);
      assert.notEqual(epoch, collector.position.epoch);
      const old = at(collector.position.epoch, 0);
      assert.equal(
        (await gap(after, { type: 'forward', after: old, limit: 1 }, ['chat:1', logPolicy])).reason,
        'epoch',
      );
      const retry = await accepted(after, draft, ['chat:1', logPolicy]);
      assert.deepEqual(retry, { type: 'accepted', position: at(epoch, 1), duplicate: false });
      const late = await after.publish('chat:1', { data: 2, producer: { id: 'q', sequence: 2 } }, logPolicy);
      assert.deepEqual(late, { type: 'refused', reason: 'producer_expired' });
      assert.deepEqual(collector.losses.length, 1);
    },
  },
  {
    name: 'a channel whose class changes begins a new epoch',
    async run(world) {
      const broker = await world.connect();
      const collector = (await collect(broker, 'chat:1', logPolicy)).start();
      await publishNumbers(broker, ['chat:1', logPolicy], { from: 1, to: 2 });
      await collector.received(2);
      const state = resolveChannelPolicy({ class: 'state' });
      const { position } = await accepted(broker, { data: 1, stateKey: 'k' }, ['chat:1', state]);
      await collector.lost();
      assert.equal(position.offset, 1);
      assert.notEqual(position.epoch, collector.position.epoch);
    },
  },
];
