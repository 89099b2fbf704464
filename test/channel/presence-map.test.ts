import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type PresenceLeave,
  PresenceMap,
  type PresenceMember,
  supersedesPresence,
} from '../../src/channel/index.ts';
import { fc } from '../fast-check.ts';

type News = { readonly put: PresenceMember } | { readonly leave: PresenceLeave };

/** What one key's connection did, one act a clock; and what servers made up: a leave of any clock. */
const news: fc.Arbitrary<News[]> = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('put', 'leave')), { maxLength: 12 }),
    fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 8 })), { maxLength: 6 }),
  )
  .map(([acts, madeUp]) => {
    const clocks = new Map<string, number>();
    const own = acts.map(([key, act]): News => {
      const clock = (clocks.get(key) ?? 0) + 1;
      clocks.set(key, clock);
      return act === 'put'
        ? { put: { key, clock, data: clock } }
        : { leave: { key, clock, isServerMade: false } };
    });
    return [...own, ...madeUp.map(([key, clock]): News => ({ leave: { key, clock, isServerMade: true } }))];
  });

function tell(map: PresenceMap, each: News): boolean {
  return 'put' in each ? map.put(each.put) : map.leave(each.leave);
}

describe('presence map', () => {
  it('ends the same in whatever order the news come, and however often', () => {
    const shuffled = news.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2, maxLength: all.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([all, another]) => {
        const [one, two] = [new PresenceMap(), new PresenceMap()];
        for (const each of all) tell(one, each);
        for (const each of another) tell(two, each);
        assert.deepEqual(one.members(), two.members());
        assert.equal(one.count, one.members().length);
      }),
      { numRuns: 500 },
    );
  });

  it('is where the highest clock says, and a leave made by a server loses ties', () => {
    fc.assert(
      fc.property(news, (all) => {
        const map = new PresenceMap();
        for (const each of all) tell(map, each);
        for (const key of ['a', 'b', 'c']) {
          const about = all.filter((each) => ('put' in each ? each.put.key : each.leave.key) === key);
          const rank = (each: News) =>
            'put' in each ? each.put.clock * 2 + 1 : each.leave.clock * 2 + Number(!each.leave.isServerMade);
          const last = about.toSorted((a, b) => rank(a) - rank(b)).at(-1);
          assert.deepEqual(map.get(key), last !== undefined && 'put' in last ? last.put : undefined);
        }
      }),
    );
  });

  it('says whether news took effect, and only then changes', () => {
    fc.assert(
      fc.property(news, (all) => {
        const map = new PresenceMap();
        for (const each of all) {
          const before = map.members();
          if (!tell(map, each)) assert.deepEqual(map.members(), before);
          assert.equal(tell(map, each), false, 'the same news again change nothing');
        }
      }),
    );
  });

  it('remembers as many that left as it was told, the latest', () => {
    const map = new PresenceMap(2);
    for (const key of ['a', 'b', 'c']) map.leave({ key, clock: 5, isServerMade: false });
    assert.equal(map.put({ key: 'b', clock: 4, data: null }), false);
    assert.equal(map.put({ key: 'c', clock: 4, data: null }), false);
    assert.equal(map.put({ key: 'a', clock: 4, data: null }), true, 'forgotten');
  });

  it('a member that came back and left again is among the latest', () => {
    const map = new PresenceMap(1);
    map.leave({ key: 'a', clock: 1, isServerMade: false });
    map.put({ key: 'a', clock: 2, data: null });
    map.leave({ key: 'b', clock: 1, isServerMade: false });
    assert.equal(map.count, 1);
    map.leave({ key: 'a', clock: 3, isServerMade: false });
    assert.equal(map.count, 0);
    assert.equal(map.put({ key: 'a', clock: 2, data: null }), false);
  });

  it('names of Object.prototype are keys like any other', () => {
    const map = new PresenceMap();
    assert.equal(map.get('constructor'), undefined);
    map.put({ key: '__proto__', clock: 1, data: 1 });
    assert.deepEqual(map.members(), [{ key: '__proto__', clock: 1, data: 1 }]);
  });

  it('an equal clock wins only over a leave that a server made', () => {
    const [own, made] = [{ clock: 1 }, { clock: 1, isServerMade: true }];
    const table = [own, made].map((each) => [own, made].map((known) => supersedesPresence(each, known)));
    assert.deepEqual(table, [
      [false, true],
      [false, false],
    ]);
  });
});
