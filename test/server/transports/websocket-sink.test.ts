import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocketSink } from '../../../src/server/transports/websocket-sink.ts';
import type { SharedMessage } from '../../../src/session/index.ts';
import { type Connection, PreparedMessage } from '../../../src/websocket/index.ts';

function setUp() {
  const sent: unknown[] = [];
  const closed: [code: number, reason: string][] = [];
  const connection = {
    bufferedAmount: 7,
    send: (data: unknown) => sent.push(data),
    close: (code: number, reason: string) => closed.push([code, reason]),
  } as unknown as Connection;
  const metrics = { sent: 0 };
  return { sent, closed, metrics, sink: new WebSocketSink(connection, metrics) };
}

describe('websocket sink', () => {
  it('makes one frame for all that get a message, from the second on', () => {
    const sinks = Array.from({ length: 4 }, setUp);
    const shared: SharedMessage = { message: 'to all', form: undefined };
    for (const { sink } of sinks) sink.sendShared(shared);
    const [first, ...others] = sinks.map(({ sent }) => sent[0]);
    assert.equal(first, 'to all', 'alone it needs no frame of its own');
    assert.ok(others[0] instanceof PreparedMessage);
    assert.equal(Buffer.from(others[0].payload).toString(), 'to all');
    assert.equal(new Set(others).size, 1);
    assert.equal(sinks[3]!.metrics.sent, 1);
  });

  it('tells how much waits', () => {
    const { sink } = setUp();
    assert.equal(sink.bufferedAmount, 7);
  });

  it('cuts a reason to what a Close can hold, at a whole character', () => {
    const { sink, closed } = setUp();
    for (const reason of ['short', 'é'.repeat(70), '👋'.repeat(40), 'x'.repeat(124)])
      sink.close(4400, reason);
    assert.deepEqual(
      closed.map(([, reason]) => Buffer.byteLength(reason)),
      [5, 122, 120, 123],
    );
    assert.equal(closed[2]![1], '👋'.repeat(30));
  });
});
