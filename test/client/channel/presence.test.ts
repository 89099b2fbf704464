import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type MemberList, presence, UsageError } from '../../../src/client/index.ts';
import { openPair, type TestClient } from '../real-pair.ts';

type Names = MemberList<{ name: string }>;

/** Watches a channel, and waits for what is looked for. */
function watching(test: TestContext, client: TestClient, channel = 'chat:1' as const) {
  const told: Names[] = [];
  let look = (): void => {};
  const end = presence(client.channel(channel)).watch((list) => {
    told.push(list);
    look();
  });
  test.after(end);
  return {
    told,
    end,
    until: (isThere: (list: Names) => boolean): Promise<Names> =>
      new Promise((resolve) => {
        look = () => {
          const found = told.at(-1);
          if (found !== undefined && isThere(found)) resolve(found);
        };
        look();
      }),
  };
}

const names = ({ members }: Names): string[] => members.map(({ data }) => data.name).sort();

describe('presence', () => {
  it('shows who enters, changes and leaves', async (test) => {
    const { client } = await openPair(test);
    const watcher = watching(test, client());
    const bob = presence(client({ token: 'bob' }).channel('chat:1'));
    await watcher.until(({ isKnown, count }) => isKnown && count === 0);
    await bob.enter({ name: 'Bob' });
    const list = await watcher.until(({ count }) => count === 1);
    assert.deepEqual(names(list), ['Bob']);
    assert.equal(list.members[0]?.subject, 'bob');
    assert.equal(list.members[0]?.isAway, false);
    await bob.enter({ name: 'Robert' });
    await watcher.until((now) => names(now)[0] === 'Robert');
    bob.leave();
    await watcher.until(({ count }) => count === 0);
  });

  it('ends at once for a client that closes', async (test) => {
    const { client } = await openPair(test);
    const watcher = watching(test, client());
    const bob = client({ token: 'bob' });
    await presence(bob.channel('chat:1')).enter({ name: 'Bob' });
    await watcher.until(({ count }) => count === 1);
    bob.close();
    await watcher.until(({ count }) => count === 0);
  });

  it('comes back by itself after a reconnect', async (test) => {
    const { client, realtime } = await openPair(test);
    const watcher = watching(test, client());
    await presence(client({ token: 'bob' }).channel('chat:1')).enter({ name: 'Bob' });
    await watcher.until(({ count }) => count === 1);
    realtime.disconnect({ subject: 'bob' }, { code: 4002 });
    await watcher.until(({ members }) => members[0]?.isAway === true);
    await watcher.until(({ members }) => members[0]?.isAway === false);
  });

  it('tells everybody who watches, and lets each of them end it', async (test) => {
    const { client } = await openPair(test);
    const one = client();
    const first = watching(test, one);
    await first.until(({ isKnown }) => isKnown);
    const second = watching(test, one);
    await second.until(({ isKnown }) => isKnown);
    second.end();
    second.end();
    await presence(one.channel('chat:1')).enter({ name: 'Ann' });
    await first.until(({ count }) => count === 1);
    assert.equal(second.told.at(-1)?.count, 0);
    assert.equal(presence(one.channel('chat:1')).list.count, 1);
  });

  it('refuses what does not fit the contract, and a channel without presence', async (test) => {
    const { client } = await openPair(test);
    const one = client();
    const wrong = { nickname: 'Ann' } as unknown as { name: string };
    await assert.rejects(presence(one.channel('chat:1')).enter(wrong), { code: 'schema' });
    assert.throws(() => presence(one.channel('prices')), UsageError);
  });
});
