// What was acknowledged, as the parent of the killed process has heard it, and whether a store keeps it.

import assert from 'node:assert/strict';
import type { Broker } from '../../../src/broker/index.ts';
import { type Publication, resolveChannelPolicy } from '../../../src/channel/index.ts';

const week = 604_800_000;

/** One log that keeps everything, and one that trims all the time. */
export const logs = [
  {
    name: 'log:whole',
    policy: resolveChannelPolicy({ class: 'log', history: { maxCount: 1_000_000, maxAgeMs: week } }),
  },
  {
    name: 'log:trimmed',
    policy: resolveChannelPolicy({ class: 'log', history: { maxCount: 50, maxAgeMs: week } }),
  },
] as const;
export const states = { name: 'states', policy: resolveChannelPolicy({ class: 'state' }) };
export const jobs = {
  name: 'jobs',
  policy: resolveChannelPolicy({ class: 'mailbox', history: { maxCount: 1_000_000, maxAgeMs: week } }),
};

interface At {
  readonly epoch: string;
  readonly offset: number;
}

export type Report =
  | { readonly type: 'opened'; readonly opening: string }
  | ({
      readonly type: 'appended';
      readonly channel: string;
      readonly producer: string;
      readonly sequence: number;
      readonly data: string;
    } & At)
  | ({ readonly type: 'set'; readonly key: string; readonly data: string | null } & At)
  | ({ readonly type: 'offered' } & At)
  | { readonly type: 'taken'; readonly epoch: string; readonly offsets: readonly number[] }
  | { readonly type: 'refused'; readonly code: string; readonly effect: string }
  | { readonly type: 'read'; readonly count: number };

type Appended = Report & { readonly type: 'appended' };
type Set = Report & { readonly type: 'set' };

/** Gathers reports over many lives of one store. */
export class CrashLedger {
  readonly #epochs = new Map<string, string>();
  readonly #appended = new Map<string, Map<number, Appended>>();
  readonly #latest = new Map<string, Set>();
  readonly #offered = new Map<number, boolean>();
  acknowledged = 0;

  record(report: Report): void {
    switch (report.type) {
      case 'appended': {
        this.#inEpoch(report.channel, report);
        const offsets = this.#appended.get(report.channel) ?? new Map<number, Appended>();
        this.#appended.set(report.channel, offsets);
        assert.ok(!offsets.has(report.offset), `offset ${report.offset} was given out twice`);
        offsets.set(report.offset, report);
        this.acknowledged++;
        break;
      }
      case 'set':
        this.#inEpoch(states.name, report);
        if ((this.#latest.get(report.key)?.offset ?? 0) < report.offset) this.#latest.set(report.key, report);
        this.acknowledged++;
        break;
      case 'offered':
        this.#inEpoch(jobs.name, report);
        if (!this.#offered.has(report.offset)) this.#offered.set(report.offset, false);
        this.acknowledged++;
        break;
      case 'taken':
        for (const offset of report.offsets) this.#offered.set(offset, true);
        break;
      default:
    }
  }

  /** Asserts that the store has everything that was acknowledged, in the same epochs. */
  async assertKept(broker: Broker): Promise<void> {
    for (const { name, policy } of logs) await this.#assertLog(broker, name, policy);
    await this.#assertState(broker);
    await this.#assertJobs(broker);
  }

  /**
   * Asserts, of a store that was damaged, that it serves only what was published, where it was published; and that it
   * has everything, if it goes on in the same epoch.
   */
  async assertHonest(broker: Broker): Promise<void> {
    for (const { name, policy } of logs) {
      const all = await read(broker, name, policy);
      for (const { offset, data } of all.publications) {
        const original = this.#appended.get(name)?.get(offset);
        if (original !== undefined) assert.equal(data, original.data, `offset ${offset} has other data`);
      }
      if (all.epoch === this.#epochs.get(name)) await this.#assertLog(broker, name, policy);
    }
  }

  async #assertLog(broker: Broker, name: string, policy: (typeof logs)[number]['policy']): Promise<void> {
    const { epoch, horizon, head, publications } = await read(broker, name, policy);
    const appended = this.#appended.get(name);
    if (appended === undefined) return;
    assert.equal(epoch, this.#epochs.get(name), 'the epoch goes on');
    assert.deepEqual(
      publications.map(({ offset }) => offset),
      Array.from({ length: head - horizon }, (_, index) => horizon + 1 + index),
      'no hole',
    );
    const found = new Map(publications.map(({ offset, data }) => [offset, data]));
    assert.equal(new Set(found.values()).size, found.size, 'nothing is there twice');
    assert.ok(head - horizon <= policy.history.maxCount);
    const last = new Map<string, Appended>();
    for (const report of appended.values()) {
      assert.ok(report.offset <= head, `acknowledged offset ${report.offset} is above the head ${head}`);
      if (report.offset > horizon) assert.equal(found.get(report.offset), report.data);
      if ((last.get(report.producer)?.sequence ?? 0) < report.sequence) last.set(report.producer, report);
    }
    // Who did not hear the answer sends again, and gets the first one.
    for (const { producer, sequence, data, offset } of [...last.values()].slice(-8)) {
      const again = await broker.publish(name, { data, producer: { id: producer, sequence } }, policy);
      assert.deepEqual(again, { type: 'accepted', position: { epoch, offset }, duplicate: true });
    }
  }

  async #assertState(broker: Broker): Promise<void> {
    const { publications } = await read(broker, states.name, states.policy);
    for (const [key, latest] of this.#latest) {
      const found = publications.find(({ stateKey }) => stateKey === key);
      assert.ok(found !== undefined, `key ${key} is there`);
      assert.ok(found.offset >= latest.offset, `key ${key} is not older than acknowledged`);
      if (found.offset === latest.offset) assert.equal(found.data, latest.data);
    }
  }

  async #assertJobs(broker: Broker): Promise<void> {
    const { publications } = await read(broker, jobs.name, jobs.policy);
    const waiting = new Set(publications.map(({ offset }) => offset));
    for (const [offset, isTaken] of this.#offered) {
      if (isTaken) assert.ok(!waiting.has(offset), `job ${offset} was acknowledged, and is there again`);
      // One that is gone may have been acknowledged by a process that could not tell us any more.
      else if (offset % 4 === 0) assert.ok(waiting.has(offset), `job ${offset} is lost`);
    }
  }

  #inEpoch(channel: string, { epoch }: At): void {
    const known = this.#epochs.get(channel);
    if (known === undefined) this.#epochs.set(channel, epoch);
    else assert.equal(epoch, known, `${channel} goes on in its epoch`);
  }
}

async function read(
  broker: Broker,
  channel: string,
  policy: (typeof logs)[number]['policy'],
): Promise<{ epoch: string; horizon: number; head: number; publications: Publication[] }> {
  const publications: Publication[] = [];
  let page = await broker.history(channel, { type: 'forward', limit: 500 }, policy);
  for (;;) {
    assert.ok(page.type === 'page', JSON.stringify(page));
    publications.push(...page.publications);
    if (!page.more) return { ...page.kept, publications };
    page = await broker.history(channel, { type: 'forward', after: page.next, limit: 500 }, policy);
  }
}
