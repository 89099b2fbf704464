// A server may subscribe a client of its own accord (PROTOCOL.md, section 5.2), and what the client makes of it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorBody } from '../../src/session/index.ts';
import { Rig, type RigClient } from './rig.ts';

function subscribeBy(rig: Rig, client: RigClient, channel: string): { answer?: ErrorBody | 'ok' } {
  const told: { answer?: ErrorBody | 'ok' } = {};
  client.connection!.subscribe(channel, (error) => {
    told.answer = error ?? 'ok';
  });
  rig.advance(20);
  return told;
}

describe('a subscription that the server makes', () => {
  it('goes on in the client’s own one, from where it began: nothing between is lost', () => {
    const rig = new Rig();
    const client = rig.client();
    client.onSubscribed = () => true;
    assert.equal(subscribeBy(rig, client, 'chat').answer, 'ok');
    const writer = rig.greeted();
    writer.publish('before it listens');
    rig.advance(20);
    const heard = client.subscribe('chat');
    rig.advance(20);
    writer.publish('after');
    rig.advance(20);
    assert.deepEqual(
      heard.publications.map(({ data }) => data),
      ['before it listens', 'after'],
    );
  });

  it('is given up by a client that does not want it', () => {
    const rig = new Rig();
    const client = rig.client();
    subscribeBy(rig, client, 'chat');
    assert.deepEqual(
      client.sent.filter(({ t }) => t === 'unsub').map(({ ch }) => ch),
      ['chat'],
    );
    assert.equal(client.connection!.subscriptionCount, 0);
  });

  it('changes nothing for a client that is subscribed', () => {
    const rig = new Rig();
    const client = rig.client();
    const heard = client.subscribe('chat');
    rig.advance(20);
    assert.equal(subscribeBy(rig, client, 'chat').answer, 'ok');
    assert.equal(client.received.filter(({ t }) => t === 'sub').length, 0);
    rig.greeted().publish('once');
    rig.advance(20);
    assert.equal(heard.publications.length, 1);
  });

  it('is authorised as if the client had asked', () => {
    const rig = new Rig({
      authorize: () => ({ type: 'refused', error: { code: 'forbidden', msg: 'no', retry: 'no' } }),
    });
    const client = rig.client();
    const { answer } = subscribeBy(rig, client, 'chat');
    assert.ok(typeof answer === 'object' && answer.code === 'forbidden');
  });
});
