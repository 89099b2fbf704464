import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { basicLimitDefaults } from '../../src/client/client-limits.ts';
import type { ClientOptions } from '../../src/client/index.ts';
import { call, callStream, clientLimitDefaults, history, presence } from '../../src/client/index.ts';
import { VirtualNet } from './virtual-net.ts';

const channels = { chat: { class: 'log' }, jobs: { class: 'mailbox' } } as const;

describe('numbers that bound nothing are refused when a client is made', () => {
  const cases: [ClientOptions, string][] = [
    [{ limits: { maxQueuedPublications: 0 } }, 'maxQueuedPublications must be from 1 to 2147483647, got 0'],
    [{ limits: { maxQueuedBytes: Number.POSITIVE_INFINITY } }, 'maxQueuedBytes .* got Infinity'],
    [{ limits: { maxUnhandled: 65_536 } }, 'maxUnhandled must be from 1 to 65535, got 65536'],
    [{ limits: { maxUnreadItems: 65_536 } }, 'maxUnreadItems must be from 1 to 65535'],
    [{ limits: { maxWaitingRequests: 1.5 } }, 'maxWaitingRequests .* got 1.5'],
    [{ limits: { maxOpenRequests: Number.NaN } }, 'maxOpenRequests .* got NaN'],
    [{ limits: { maxMembers: -1 } }, 'maxMembers .* got -1'],
    [{ limits: { requestWaitMs: 2 ** 31 } }, 'requestWaitMs .* got 2147483648'],
    [{ limits: { maxUnhandled: '5' as unknown as number } }, 'maxUnhandled'],
    [{ times: { replyMs: 0 } }, 'replyMs .* got 0'],
    [{ backoff: { baseMs: -5 } }, 'baseMs .* got -5'],
  ];
  for (const [options, message] of cases) {
    it(JSON.stringify(options), () => {
      assert.throws(() => new VirtualNet().client(options), new RegExp(`^UsageError.*: ${message}`));
    });
  }

  it('and the defaults are none of them, and the same for all that bundles leave out', () => {
    new VirtualNet().client({ limits: clientLimitDefaults });
    assert.deepEqual({ ...clientLimitDefaults, ...basicLimitDefaults }, clientLimitDefaults);
  });
});

describe('what a client holds is bounded', () => {
  it('publications by their bytes too, and there is room again when they are answered', async () => {
    const net = new VirtualNet({ channels });
    const client = net.client({ limits: { maxQueuedBytes: 1_000 } });
    const chat = client.channel('chat');
    const first = chat.publish('x'.repeat(900));
    await assert.rejects(chat.publish('y'.repeat(200)), {
      code: 'full',
      message: /maxQueuedPublications or maxQueuedBytes/,
    });
    client.connect();
    await net.advance();
    await first;
    await Promise.all([chat.publish('y'.repeat(200)), net.advance()]);
  });

  it('and one that cannot be sent at all is refused at once: those behind it go on', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected();
    await assert.rejects(client.channel('chat').publish({ id: 10n } as never), { code: 'bad_request' });
    await Promise.all([client.channel('chat').publish('after it'), net.advance()]);
    assert.equal(client.unanswered, 0);
  });

  it('publications that a handler has not finished, whatever a server grants itself', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ limits: { maxUnhandled: 3 } });
    const finish: (() => void)[] = [];
    const heard: unknown[] = [];
    client.channel('chat').subscribe(({ data }) => {
      heard.push(data);
      return new Promise<void>((resolve) => finish.push(resolve));
    });
    await net.advance();
    const { s } = net.socket.received.find(({ t, ok }) => t === 'reply' && ok?.s !== undefined)!.ok;
    for (let o = 1; o <= 50; o++) net.socket.say({ t: 'msg', s, o, d: o });
    await net.advance();
    const asked = net.socket.sent.filter(({ t }) => t === 'sub');
    assert.deepEqual(
      asked.map(({ o, n }) => [o, n]),
      [
        [undefined, 3],
        [3, 0],
      ],
      'asked once more, from where it stands, with no credit',
    );
    for (let index = 0; index < 3; index++) {
      finish[index]?.();
      await net.settled();
    }
    assert.deepEqual(heard, [1, 2, 3]);
  });

  it('positions where a server has subscribed it, however many', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ onSubscribed: () => {} });
    for (let index = 0; index < 1_500; index++) {
      net.socket.say({ t: 'sub', ch: `chat${index}`, s: index + 1, c: 'log', e: 'e1', o: 7, r: 'ok' });
    }
    await net.advance();
    client.channel('chat5').subscribe(() => {});
    client.channel('chat1400').subscribe(() => {});
    await net.advance();
    const asked = net.socket.sent.filter(({ t }) => t === 'sub');
    assert.deepEqual(
      asked.map(({ ch, o }) => [ch, o]),
      [
        ['chat5', 7],
        ['chat1400', undefined],
      ],
    );
  });

  it('requests under way: one more is refused with full, and there is room when one is answered', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ limits: { maxOpenRequests: 2 } });
    const chat = client.channel('chat');
    const pages = [history(chat), history(chat)];
    await assert.rejects(history(chat), { code: 'full', message: 'maxOpenRequests (2) are not answered' });
    await assert.rejects(call(client, 'any', null), { code: 'full' });
    const stream = callStream(client, 'any', null);
    await assert.rejects(stream.next(), { code: 'full' });
    await net.advance();
    await Promise.all(pages);
    await Promise.all([history(chat), net.advance()]);
  });

  it('members of a channel: a watch that would have more ends, and says why', async () => {
    const net = new VirtualNet({ channels });
    const client = await net.connected({ limits: { maxMembers: 3 } });
    const counts: number[] = [];
    presence(client.channel('chat')).watch(({ members }) => counts.push(members.length));
    await net.advance();
    const { s, o } = net.socket.received.find(({ t, ok }) => t === 'reply' && ok?.full === true)!.ok;
    const put = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, index) => [`user-${from + index}/1`, 1, null]);
    net.socket.say({ t: 'map', s, o: o + 1, n: 3, put: put(1, 3) });
    await net.advance();
    assert.equal(counts.at(-1), 3);
    net.socket.say({ t: 'map', s, o: o + 2, n: 4, put: put(4, 4) });
    await net.advance();
    assert.match(String(net.errors[0]), /chat has more than maxMembers \(3\)/);
    assert.equal(net.socket.sent.at(-1)?.do, 'unwatch');
    assert.equal(counts.at(-1), 3);
  });
});
