import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testServer } from '../../src/conformance/index.ts';
import type { Frame } from '../../src/conformance/wire/frame.ts';
import { brokenServer } from './broken-echo.ts';

async function verdictOf(id: string, answer?: (reply: Frame) => Frame | undefined): Promise<string> {
  await using server = await brokenServer(answer);
  const run = await testServer({ url: server.url, only: [id], deadlineMs: 1000 });
  assert.equal(run.results.length, 1, id);
  return `${run.results[0]?.verdict}: ${run.results[0]?.detail}`;
}

describe('suite against a server that checks nothing', () => {
  it('passes what is right', async () => {
    assert.equal(await verdictOf('framing.length.text-126'), 'strict: ');
    assert.equal(await verdictOf('close.code.1000'), 'strict: ');
  });

  const mistakes: readonly [string, RegExp][] = [
    ['framing.masking.wrong-text', /carries on: text "Hello"/],
    ['framing.reserved-bits.100-on-text', /carries on/],
    ['framing.opcode.3-payload', /carries on: pong "still there\?"/],
    ['ping.too-long.ping-126', /carries on|itself sent/],
    ['fragments.misplaced.continuation-first', /carries on/],
    ['utf8.invalid.ff', /itself sent a text message that is not UTF-8/],
    ['close.bad-code.1005', /1005/],
    ['close.body.one-byte', /instead of 1002/],
    ['handshake.refuses.no-key', /accepted/],
    ['handshake.refuses.version-12', /accepted/],
  ];
  for (const [id, detail] of mistakes) {
    it(`fails ${id}`, async () => {
      const verdict = await verdictOf(id);
      assert.match(verdict, /^failed: /);
      assert.match(verdict, detail);
    });
  }

  it('calls it skipped, not failed, that there is no compression', async () => {
    assert.match(await verdictOf('deflate.block.one-block'), /^skipped: .*declines/);
    assert.match(await verdictOf('deflate-negotiation.declines.proto'), /^skipped: .*does not speak/);
  });
});

describe('suite against a server that sends wrong frames', () => {
  const spoilt: readonly [string, string, (reply: Frame) => Frame | undefined, RegExp][] = [
    ['masked frames', 'framing.length.text-1', (reply) => reply.wronglyMasked(), /masked text frame/],
    ['reserved bits', 'framing.length.text-1', (reply) => reply.rsv(1), /reserved bits 001/],
    ['long lengths', 'framing.length.text-1', (reply) => reply.lengthIn(16), /shortest form/],
    ['nothing', 'framing.length.text-1', () => undefined, /no text of 1 bytes before the deadline/],
    ['nothing for a Ping', 'ping.answered.text', () => undefined, /no Pong before the deadline/],
  ];
  for (const [name, id, answer, detail] of spoilt) {
    it(`notices ${name}`, async () => {
      const verdict = await verdictOf(id, answer);
      assert.match(verdict, /^failed: /);
      assert.match(verdict, detail);
    });
  }

  it('rejects when nothing listens at the address', async () => {
    const { url } = await (async () => {
      await using server = await brokenServer();
      return server;
    })();
    await assert.rejects(testServer({ url, only: ['ping'] }), /ECONNREFUSED/);
  });
});
