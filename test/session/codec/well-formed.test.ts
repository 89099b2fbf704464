import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { defineChannel, defineContract, UsageError } from '../../../src/channel/index.ts';
import { withWellFormedText } from '../../../src/session/codec/well-formed.ts';
import { jsonCodec, messagePackCodec, type Packet } from '../../../src/session/index.ts';
import { WebSocket } from '../../../src/websocket/index.ts';
import { fc } from '../../fast-check.ts';
import { openRealtime, welcome } from '../../server/realtime-rig.ts';
import { type AnyPacket, Rig } from '../rig.ts';
import { hasPrototype } from './plain-value.ts';

const anything = defineContract({
  title: 'Anything',
  version: '1.0.0',
  channels: {
    any: defineChannel('any', {
      class: 'log',
      payload: z.unknown(),
      allow: { subscribe: 'anyone', publish: 'anyone' },
    }),
  },
});

/** Text as JSON can write it: any UTF-16 units, halves of pairs among them. */
const anyUnits = fc
  .array(fc.constantFrom('a', 'é', '\\ud83d', '\\uDE00', '\\udbff', '\\ud800', '\\\\ud800', '\\ufeff'))
  .map((parts) => `"${parts.join('')}"`);

describe('text of packets', () => {
  it('is the same for readers of JSON and of MessagePack, whatever is escaped', () => {
    fc.assert(
      fc.property(anyUnits, anyUnits, anyUnits, (one, two, text) => {
        const message = `{"t":"pub","ch":"a","d":{${one}:1,${two}:{"deep":[${text}]}}}`;
        const packet = withWellFormedText(jsonCodec.decode(message), message) as Packet;
        const read = messagePackCodec.decode(messagePackCodec.encode(packet));
        assert.deepEqual(read, jsonCodec.decode(jsonCodec.encode(packet)));
        assert.equal(hasPrototype(packet), false);
      }),
    );
  });

  it('closes no connection of those who read it in MessagePack', async (test) => {
    const { realtime, url } = await openRealtime(test, { contracts: anything as never });
    const reader = new WebSocket(url, messagePackCodec.subprotocol);
    test.after(() => reader.close());
    reader.binaryType = 'arraybuffer';
    const read = new Promise<unknown>((resolve, reject) => {
      const send = (packet: AnyPacket): void =>
        reader.send(messagePackCodec.encode(packet as Packet) as Uint8Array<ArrayBuffer>);
      reader.addEventListener('open', () => send({ t: 'hello', id: 1, v: 1 }));
      reader.addEventListener('message', ({ data }) => {
        try {
          const packet = messagePackCodec.decode(new Uint8Array(data as ArrayBuffer)) as AnyPacket;
          if (packet.t === 'welcome') send({ t: 'sub', id: 2, ch: 'any' });
          if (packet.t === 'reply') void write();
          if (packet.t === 'msg') resolve(packet.d);
        } catch (error) {
          reject(error);
        }
      });
    });
    const write = async (): Promise<void> => {
      const writer = await welcome(test, url, 'ada');
      writer.socket.send(String.raw`{"t":"pub","ch":"any","d":{"\ud800":1,"\ud801":2}}`);
    };
    assert.deepEqual(Object.entries((await read) as object), [['\ufffd', 2]]);
    await assert.rejects(realtime.publish('any' as never, { '\ud800': 1 } as never), UsageError);
  });

  it('keeps whole characters that were escaped as pairs, and says U+FFFD for halves', () => {
    const rig = new Rig();
    const peer = rig.greeted();
    peer.subscribe();
    peer.sendText(String.raw`{"t":"pub","ch":"chat","d":["\ud83d\ude00","\ud83d","\ude00\ud83d","\\ud83d"]}`);
    rig.advance(20);
    assert.deepEqual(peer.payloads, [['😀', '\ufffd', '\ufffd\ufffd', '\\ud83d']]);
  });
});
