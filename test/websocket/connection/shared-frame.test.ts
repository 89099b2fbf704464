import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameWriter } from '../../../src/websocket/connection/frame-writer.ts';
import { PreparedMessage } from '../../../src/websocket/connection/prepared-message.ts';
import { MemoryStream } from '../memory-stream.ts';

describe('a shared frame', () => {
  it('is the same whenever it is sent, whatever used the block meanwhile', () => {
    const stream = new MemoryStream();
    const writer = new FrameWriter(stream, 'server');
    const message = new PreparedMessage('shared');
    for (let round = 0; round < 5; round += 1) {
      writer.writeShared(message.frame);
      writer.flush();
      assert.equal(stream.read().subarray(2).toString(), 'shared');
      // The block starts again from its front, where the frame stood.
      writer.writeText('x'.repeat(100));
      writer.flush();
      assert.equal(stream.read().length, 102);
    }
  });

  it('is copied once for all connections of one tick, and they write the same bytes', () => {
    const message = new PreparedMessage('shared');
    const writes: Uint8Array[] = [];
    const writers = Array.from({ length: 3 }, () => {
      const stream = new MemoryStream();
      stream.write = (bytes) => {
        writes.push(bytes);
        return true;
      };
      return new FrameWriter(stream, 'server');
    });
    for (const writer of writers) writer.writeShared(message.frame);
    for (const writer of writers) writer.flush();
    assert.equal(writes.length, 3);
    assert.equal(writes[0], writes[1]);
    assert.equal(writes[0], writes[2]);
  });
});
