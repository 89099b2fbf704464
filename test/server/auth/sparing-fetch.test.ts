import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SparingFetch } from '../../../src/server/auth/sparing-fetch.ts';

function setUp(answer: () => Response | Promise<Response>) {
  const made = { requests: 0, now: 0 };
  const sparing = new SparingFetch({
    cooldownMs: 30_000,
    now: () => made.now,
    fetch: async () => {
      made.requests++;
      return answer();
    },
  });
  return { made, ask: () => sparing.fetch('https://issuer.test', {}) };
}

describe('sparing fetch', () => {
  it('asks again soon after a success, but for a while not after a failure', async () => {
    let isUp = true;
    const { made, ask } = setUp(() => (isUp ? new Response('{}') : Promise.reject(new Error('down'))));
    assert.equal(await (await ask()).text(), '{}');
    await ask();
    isUp = false;
    await assert.rejects(ask(), /down/);
    isUp = true;
    await assert.rejects(ask(), /a moment ago/);
    assert.equal(made.requests, 3);
    made.now += 5_000;
    await ask();
    assert.equal(made.requests, 4);
  });

  it('takes no other status than 200, and no endless body', async () => {
    await assert.rejects(setUp(() => new Response('', { status: 302 })).ask(), /status 302/);
    let chunks = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks++;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    await assert.rejects(setUp(() => new Response(endless)).ask(), /longer than 524288/);
    assert.ok(chunks < 20);
  });
});
