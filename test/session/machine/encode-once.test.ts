// A publication is encoded once in each codec, however many receive it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { jsonCodec, messagePackCodec, type Packet, type PacketCodec } from '../../../src/session/index.ts';
import { type AnyPacket, Rig } from '../rules/rig.ts';

/** Counts what it encodes by type. */
function counting(codec: PacketCodec): PacketCodec & { readonly encoded: Map<string, number> } {
  const encoded = new Map<string, number>();
  return {
    ...codec,
    encoded,
    encode(packet: Packet) {
      encoded.set(packet.t, (encoded.get(packet.t) ?? 0) + 1);
      return codec.encode(packet);
    },
  };
}

function receivers(rig: Rig, codec: PacketCodec, count: number): { readonly messages: unknown[] }[] {
  return Array.from({ length: count }, (_, index) => {
    const receiver: { readonly messages: unknown[] } = { messages: [] };
    const connection = rig.hub.accept(
      {
        codec,
        sink: { bufferedAmount: 0, send: (message) => receiver.messages.push(message), close: () => {} },
      },
      rig.clock.now(),
    );
    const send = (packet: AnyPacket): void => connection.receive(codec.encode(packet), rig.clock.now());
    send({ t: 'hello', id: 1, v: 1, auth: `user-${index}` });
    rig.advance(1);
    send({ t: 'sub', id: 2, ch: 'chat' });
    return receiver;
  });
}

describe('fan-out', () => {
  it('encodes a publication once in each codec, and all receivers get the same message', () => {
    const rig = new Rig();
    const [json, msgpack] = [counting(jsonCodec), counting(messagePackCodec)];
    const groups = [receivers(rig, json, 300), receivers(rig, msgpack, 300)];
    rig.advance(20);
    rig.greeted().publish('to all');
    for (const codec of [json, msgpack]) assert.equal(codec.encoded.get('msg'), 1, codec.name);
    for (const group of groups) {
      const first = group[0]!.messages.at(-1);
      assert.ok(group.every(({ messages }) => messages.at(-1) === first));
    }
  });

  it('encodes a gap once as well, since the stream number is the same for all', () => {
    const rig = new Rig();
    const json = counting(jsonCodec);
    receivers(rig, json, 100);
    rig.advance(20);
    rig.broker.crash();
    rig.broker.restart('emptied');
    rig.advance(2_000);
    assert.equal(json.encoded.get('gap'), 1);
  });

  it('readers that resume from one position share the pages of history and their packets', () => {
    const rig = new Rig();
    const writer = rig.greeted();
    for (let index = 0; index < 10; index++) writer.publish(index);
    const json = counting(jsonCodec);
    for (let index = 0; index < 50; index++) {
      const connection = rig.hub.accept(
        { codec: json, sink: { bufferedAmount: 0, send: () => {}, close: () => {} } },
        rig.clock.now(),
      );
      const hello = { t: 'hello', id: 1, v: 1, auth: `user-${index}`, resume: { ch: [['chat', 'e1', 0]] } };
      connection.receive(JSON.stringify(hello), rig.clock.now());
    }
    rig.advance(50);
    assert.equal(json.encoded.get('welcome'), 50);
    assert.equal(json.encoded.get('msg'), 10);
  });
});
