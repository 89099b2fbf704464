import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { echoHandlers } from '../../src/cli/echo-handlers.ts';
import type { Connection, SendResult } from '../../src/websocket/index.ts';

/** A connection that notes what is asked of it, and answers `send` as it is told. */
function connectionThat(result: SendResult): { connection: Connection; calls: unknown[] } {
  const calls: unknown[] = [];
  const connection = {
    send: (data: unknown) => {
      calls.push(data);
      return result;
    },
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
  } as unknown as Connection;
  return { connection, calls };
}

describe('echo', () => {
  it('sends back what came, text as text and binary as binary', () => {
    const { connection, calls } = connectionThat('sent');
    const binary = Buffer.from([1, 2]);
    echoHandlers.message(connection, 'hello');
    echoHandlers.message(connection, binary);
    assert.deepEqual(calls, ['hello', binary]);
  });

  it('reads no further while what it sent back is waiting', () => {
    const { connection, calls } = connectionThat('queued');
    echoHandlers.message(connection, 'hello');
    assert.deepEqual(calls, ['hello', 'pause']);
  });

  it('reads on when that has gone', () => {
    const { connection, calls } = connectionThat('sent');
    echoHandlers.drain(connection);
    assert.deepEqual(calls, ['resume']);
  });
});
