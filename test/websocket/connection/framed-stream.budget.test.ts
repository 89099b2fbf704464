// What a connection holds: what it charges the budgets that it shares, what it gives back, what it forgets, what it counts.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { resolveConnectionOptions } from '../../../src/websocket/connection/connection-options.ts';
import { FramedStream, type FramedStreamHandler } from '../../../src/websocket/connection/framed-stream.ts';
import { PauseReason } from '../../../src/websocket/connection/pause-reason.ts';
import { ProcessBudget, SharedBudget } from '../../../src/websocket/connection/shared-budget.ts';
import { createMessageDeflate } from '../../../src/websocket/deflate/message-deflate.ts';
import type { ConnectionOptions } from '../../../src/websocket/index.ts';
import { buildFrame, exampleKey } from '../../protocol/frame-bytes.ts';
import { MemoryStream } from '../memory-stream.ts';

const agreed = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

function open(options: ConnectionOptions = {}) {
  const counted: string[] = [];
  const calls: string[] = [];
  const messages: (string | Buffer)[] = [];
  const handler: FramedStreamHandler = {
    receiveMessage: (data) => {
      messages.push(data);
      calls.push(`message of ${data.length}`);
    },
    receivePing: () => undefined,
    receivePong: () => undefined,
    receiveWritten: () => undefined,
    receiveDrain: () => undefined,
    receiveClosing: () => undefined,
    receiveError: ({ code }) => calls.push(`error ${code}`),
    receiveClosed: (code) => calls.push(`closed ${code}`),
  };
  const settings = resolveConnectionOptions({ keepalive: { intervalMs: 0 }, ...options });
  const stream = new MemoryStream();
  const budget = new SharedBudget(
    { maxUnfinishedBytes: 1e9, maxTotalQueuedBytes: 1e9, maxInflating: 1 },
    { count: (limit) => counted.push(limit), connections: [] },
    new ProcessBudget(),
  );
  const deflate = createMessageDeflate('server', agreed, settings);
  const framed = new FramedStream(stream, handler, { role: 'server', settings, deflate, budget });
  framed.start();
  return { stream, framed, budget, deflate, counted, calls, messages };
}

const text = (payload: string, isFinal = true): Buffer =>
  buildFrame({ opcode: 1, isFinal, payload: Buffer.from(payload), maskingKey: exampleKey });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('framed stream: bytes that came and are not handed over', () => {
  it('are charged while a message is unfinished, and given back with its end', () => {
    const { stream, budget } = open();
    stream.receive(text('hello', false));
    assert.ok(budget.unfinishedBytes >= 5);
    stream.receive(buildFrame({ opcode: 0, payload: Buffer.from('!'), maskingKey: exampleKey }));
    assert.equal(budget.unfinishedBytes, 0);
  });

  it('are charged while the connection is not read', async () => {
    const { stream, framed, budget, calls } = open();
    framed.pause(PauseReason.Application);
    stream.receive(text('hello'));
    assert.equal(budget.unfinishedBytes, text('hello').length);
    framed.resume(PauseReason.Application);
    await turn();
    assert.deepEqual(calls, ['message of 5']);
    assert.equal(budget.unfinishedBytes, 0);
  });

  it('are charged while a message waits to be inflated, behind as many as may be at a time', async () => {
    const { stream, budget, calls, counted } = open();
    const compressed = deflateRawSync(randomBytes(5_000));
    budget.enterInflating({ receiveTurn: () => undefined });
    stream.receive(buildFrame({ opcode: 2, reserved: 0x40, payload: compressed, maskingKey: exampleKey }));
    await turn();
    assert.deepEqual([calls, counted], [[], ['maxInflating']]);
    assert.ok(budget.unfinishedBytes >= compressed.length);
    budget.leaveInflating();
    while (calls.length === 0) await turn();
    assert.deepEqual(calls, ['message of 5000']);
    assert.equal(budget.unfinishedBytes, 0);
    assert.equal(budget.canInflate, true);
  });

  it('of one that is gone are given back, with its place among those that wait to be inflated', () => {
    const { stream, budget, deflate } = open();
    budget.enterInflating({ receiveTurn: () => undefined });
    const payload = deflateRawSync(randomBytes(5_000));
    stream.receive(buildFrame({ opcode: 2, reserved: 0x40, payload, maskingKey: exampleKey }));
    let closed = 0;
    assert.ok(deflate !== undefined);
    deflate.close = () => {
      closed += 1;
    };
    stream.close();
    assert.equal(closed, 1, 'its contexts are given back');
    assert.equal(budget.unfinishedBytes, 0);
    budget.leaveInflating();
    assert.equal(budget.canInflate, true);
  });

  it('end with the connection, if it holds most of all', () => {
    const { stream, framed, budget, calls } = open();
    stream.receive(text('hello', false));
    framed.shed('maxUnfinishedBytes');
    assert.deepEqual(calls, ['error BUDGET_EXCEEDED']);
    assert.deepEqual([...stream.read()].slice(2, 4), [1013 >> 8, 1013 & 255]);
    assert.equal(budget.unfinishedBytes, 0);
  });
});

describe('framed stream: bytes of an inflated message', () => {
  it('stay as they are when the next one is inflated', () => {
    const { stream, messages } = open();
    for (const content of ['first', 'other']) {
      const payload = deflateRawSync(Buffer.from(content));
      stream.receive(buildFrame({ opcode: 2, reserved: 0x40, payload, maskingKey: exampleKey }));
    }
    assert.deepEqual(messages.map(String), ['first', 'other']);
  });
});

describe('framed stream: bytes that come behind the end', () => {
  it('are read and forgotten, although the connection was paused', () => {
    const { stream, framed, budget } = open();
    framed.pause(PauseReason.Application);
    assert.equal(stream.isPaused, true);
    framed.shed('maxUnfinishedBytes');
    assert.equal(stream.isPaused, false, 'the peer is not kept from reading the Close');
    for (let count = 0; count < 10; count += 1) stream.receive(text('x'.repeat(1000)));
    assert.equal(budget.unfinishedBytes, 0);
    stream.close();
  });

  it('do not keep a connection whose peer has ended without a Close', () => {
    const { stream, framed } = open();
    assert.equal(framed.wheelTick, 0);
    stream.handler?.receiveEnd();
    assert.notEqual(framed.wheelTick, 0);
    framed.receiveDeadline();
    assert.equal(stream.isDestroyed, true);
    stream.close();
  });
});

describe('framed stream: bytes that wait to be sent', () => {
  it('are charged until they are taken', async () => {
    const { stream, framed, budget } = open();
    stream.isStalled = true;
    framed.sendText('stalls');
    await turn();
    framed.sendText('waits');
    assert.ok(budget.queuedBytes >= 11);
    stream.drain();
    await turn();
    assert.equal(budget.queuedBytes, 0);
  });

  it('of one that is gone are given back', async () => {
    const { stream, framed, budget } = open();
    stream.isStalled = true;
    framed.sendText('x'.repeat(100_000), false);
    await turn();
    assert.ok(budget.queuedBytes >= 100_000);
    stream.close();
    assert.equal(budget.queuedBytes, 0);
  });

  it('are cut with the connection, if most wait for it', () => {
    const { stream, framed, calls } = open();
    framed.shed('maxTotalQueuedBytes');
    assert.deepEqual(calls, ['error BUDGET_EXCEEDED']);
    assert.equal(stream.isDestroyed, true);
  });
});

describe('framed stream: what is counted', () => {
  it('a message that is refused, since too much waits', async () => {
    const { stream, framed, counted } = open({ limits: { maxQueuedBytes: 100 } });
    stream.isStalled = true;
    framed.sendText('x'.repeat(90));
    await turn();
    assert.equal(framed.sendText('x'.repeat(90)), 'refused');
    assert.deepEqual(counted, ['maxQueuedBytes']);
  });

  it('a peer that answers no Ping, and one that answers no Close', () => {
    const silent = open({ keepalive: { intervalMs: 1000, maxMisses: 1 } });
    for (let deadline = 0; deadline < 3; deadline += 1) silent.framed.receiveDeadline();
    assert.deepEqual(silent.counted, ['keepalive']);
    const closing = open();
    closing.framed.close(1000, '');
    closing.framed.receiveDeadline();
    assert.deepEqual(closing.counted, ['closeTimeoutMs']);
    assert.equal(closing.stream.isDestroyed, true);
  });

  it('a connection that is ahead of its rate, which is not read then, and has no timer when it is gone', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] });
    const { stream, counted, calls } = open({ limits: { maxMessagesPerSecond: 2 } });
    for (let count = 0; count < 6; count += 1) stream.receive(text('a'));
    assert.deepEqual(counted, ['maxMessagesPerSecond']);
    assert.equal(stream.isPaused, true);
    const handed = calls.length;
    stream.close();
    test.mock.timers.tick(60_000);
    await turn();
    assert.equal(stream.isPaused, true, 'nothing is resumed');
    assert.equal(calls.length, handed + 1);
  });

  it('a connection that is ahead of its bytes', () => {
    const { stream, counted } = open({ limits: { maxBytesPerSecond: 50 } });
    for (let count = 0; count < 20; count += 1) stream.receive(text('hello'));
    assert.deepEqual(counted, ['maxBytesPerSecond']);
    stream.close();
  });
});
