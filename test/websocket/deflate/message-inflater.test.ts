import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { ProtocolError } from '../../../src/protocol/index.ts';
import { DeflatePool } from '../../../src/websocket/deflate/deflate-pool.ts';
import { directZlib } from '../../../src/websocket/deflate/direct-zlib.ts';
import { MessageInflater } from '../../../src/websocket/deflate/message-inflater.ts';
import { publicZlib } from '../../../src/websocket/deflate/public-zlib.ts';

const compress = (text: string): Buffer =>
  deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);

for (const [name, zlib] of [
  ['direct', directZlib],
  ['public', publicZlib],
] as const) {
  const inflater = (maxMessageBytes: number, keepsWindow = false) =>
    new MessageInflater({ pool: new DeflatePool(zlib), windowBits: 15, keepsWindow, maxMessageBytes });

  describe(`inflating messages, ${name} zlib`, () => {
    it('hands over a short message at once', () => {
      assert.equal(String(inflater(1000).begin(compress('hello'))), 'hello');
    });

    it('accepts a message of exactly maxMessageBytes, and fails one that is a byte longer', () => {
      const text = 'x'.repeat(3_000_000);
      const takeAll = (maxMessageBytes: number) => {
        const receiver = inflater(maxMessageBytes);
        let result = receiver.begin(compress(text));
        while (result === undefined) result = receiver.turn();
        return result;
      };
      assert.equal(String(takeAll(3_000_000)), text);
      const error = takeAll(2_999_999);
      assert.ok(error instanceof ProtocolError);
      assert.equal(error.code, 'MESSAGE_TOO_BIG');
    });

    it('fails damaged data with 1007', () => {
      const error = inflater(1000).begin(Buffer.from('ffffffff', 'hex'));
      assert.ok(error instanceof ProtocolError);
      assert.equal(error.closeCode, 1007);
    });

    it('fails a message of many final blocks with 1009', () => {
      const error = inflater(1000).begin(Buffer.alloc(1_000, '0300', 'hex'));
      assert.ok(error instanceof ProtocolError);
      assert.equal(error.code, 'MESSAGE_TOO_COSTLY');
      assert.equal(error.closeCode, 1009);
    });

    it('begins each message with an empty window unless the peer keeps one', () => {
      const hello = Buffer.from('f248cdc9c90700', 'hex');
      const again = Buffer.from('f200110000', 'hex');
      const keeping = inflater(1000, true);
      keeping.begin(hello);
      assert.equal(String(keeping.begin(again)), 'Hello');
      const forgetting = inflater(1000);
      forgetting.begin(hello);
      assert.notEqual(String(forgetting.begin(again)), 'Hello');
      // Behind a block that ends zlib's stream, another one goes on with the window, as far as it is of this message.
      const other = inflater(1000);
      other.begin(hello);
      const behindFinal = other.begin(Buffer.concat([Buffer.from('0300', 'hex'), again]));
      assert.notEqual(String(behindFinal), 'Hello');
    });
  });
}

for (const [name, zlib] of [
  ['direct', directZlib],
  ['public', publicZlib],
] as const) {
  it(`a decompressor of ${name} zlib that changes hands remembers nothing, not even after a final block`, () => {
    const pool = new DeflatePool(zlib);
    const options = { pool, windowBits: 15, keepsWindow: false, maxMessageBytes: 1000 };
    const secret = deflateRawSync('A says: my password is hunter2');
    const first = new MessageInflater(options);
    assert.equal(
      String(first.begin(Buffer.concat([secret, Buffer.from([0])]))),
      'A says: my password is hunter2',
    );
    // A reference to before the first byte of the next connection's message.
    const stolen = new MessageInflater(options).begin(Buffer.from('02130000', 'hex'));
    assert.ok(stolen instanceof ProtocolError, `the next connection read ${JSON.stringify(String(stolen))}`);
  });
}

describe('a long message that says little', () => {
  it('is inflated in turns, into memory that the messages of others do not reach', () => {
    const pool = new DeflatePool(directZlib);
    const options = { pool, windowBits: 15, keepsWindow: false, maxMessageBytes: 1_000_000 };
    const receiver = new MessageInflater(options);
    const nothing = Buffer.alloc(1_000_000, '000000ffff', 'hex');
    let result = receiver.begin(Buffer.concat([nothing, compress('mine')]));
    let turns = 1;
    for (; result === undefined; turns += 1) result = receiver.turn();
    assert.ok(turns > 10, `${turns} turns`);
    new MessageInflater(options).begin(compress('of another connection'));
    assert.equal(String(result), 'mine');
  });
});

describe('a decompression bomb', () => {
  it('is inflated in turns, and no further than the limit', () => {
    const receiver = new MessageInflater({
      pool: new DeflatePool(directZlib),
      windowBits: 15,
      keepsWindow: false,
      maxMessageBytes: 4 * 1024 * 1024,
    });
    let turns = 1;
    let result = receiver.begin(compress('0'.repeat(100_000_000)));
    while (result === undefined) {
      turns += 1;
      result = receiver.turn();
    }
    assert.ok(result instanceof ProtocolError);
    // 1 MiB a turn: the limit is met in the fifth, with 95 % of the bomb still packed.
    assert.equal(turns, 5);
  });
});
