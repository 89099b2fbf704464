import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlainData } from '../../../src/channel/index.ts';
import { type ErrorBody, errorBody } from '../../../src/session/error-code.ts';
import { Outbox, type OutboxMachine, type PublishResult } from '../../../src/session/machine/outbox.ts';
import type { ReplyPacket } from '../../../src/session/packet.ts';
import { room } from '../rig.ts';

/** A machine that can always send, and what the outbox had it send: `id channel producer/sequence`. */
function recorder(): OutboxMachine & { readonly sent: string[] } {
  const sent: string[] = [];
  let producers = 0;
  return {
    sent,
    canSend: true,
    isBeginning: () => false,
    sendPublish(packet) {
      const id = sent.length + 1;
      sent.push(`${id} ${packet.ch} ${packet.prod}/${packet.q}`);
      return id;
    },
    newProducer: () => `p${++producers}`,
    setTimer: () => undefined,
    reset: (reason) => assert.fail(reason),
  };
}

describe('outbox', () => {
  it('publishes nothing anew of which a copy may yet be appended', () => {
    const machine = recorder();
    const outbox = new Outbox(machine, room);
    const results = new Map<string, PublishResult>();
    const publish = (data: string) =>
      outbox.publish('chat:a', { data }, (result) => results.set(data, result));
    const refuse = (id: number) =>
      outbox.onReply({
        t: 'reply',
        id,
        err: errorBody('producer_expired', 'the server knows nothing of it'),
      });

    publish('one');
    publish('two');
    outbox.disconnected();
    outbox.flush();
    publish('three');
    assert.deepEqual(machine.sent.slice(2), ['3 chat:a p1/1', '4 chat:a p1/2', '5 chat:a p1/3']);

    // Copies of the second and third packet have overtaken the first, and are refused: the packets themselves are not yet
    // there, and will be appended after the first.
    refuse(4);
    refuse(5);

    assert.deepEqual(machine.sent.slice(5), [], 'nothing goes out under another producer');
    for (const data of ['one', 'two', 'three']) {
      assert.equal(results.get(data)?.error?.code, 'producer_expired', data);
    }
  });

  it('publishes anew, all of it, what the server refused because it has forgotten the producer', () => {
    const machine = recorder();
    const outbox = new Outbox(machine, room);
    const results: (PublishResult | undefined)[] = [];
    const publish = (data: string) => outbox.publish('chat:a', { data }, (result) => results.push(result));
    const answer = (id: number, reply: { ok: PlainData } | { err: ErrorBody }) =>
      outbox.onReply({ t: 'reply', id, ...reply } as ReplyPacket);
    const expired = errorBody('producer_expired', 'forgotten');

    publish('one');
    answer(1, { ok: { e: 'e', o: 1, dup: false } });
    publish('two');
    publish('three');
    answer(2, { err: expired });
    answer(3, { err: expired });

    assert.deepEqual(machine.sent.slice(3), ['4 chat:a p2/1', '5 chat:a p2/2']);
    assert.equal(results.length, 1);
  });
});
