// What the client's machine makes of a server that says what cannot be: it comes back, and throws nothing.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ClientMachine, ClientPresence, jsonCodec } from '../../src/session/index.ts';
import { type AnyPacket, room } from './rig.ts';

/** A machine whose server is a test. */
class LonelyClient {
  readonly sent: AnyPacket[] = [];
  readonly closed: string[] = [];
  opened = 0;
  readonly machine = new ClientMachine({
    room,
    host: {
      openTransport: () => void this.opened++,
      onState: () => {},
      onCredentialNeeded: () => {},
      randomId: () => 'producer',
      random: () => 0.5,
    },
  });

  constructor(welcome: AnyPacket = {}) {
    this.machine.connect(0);
    const transport = {
      send: (message: string | Uint8Array): void => void this.sent.push(JSON.parse(String(message))),
      close: (code: number, reason: string): void => void this.closed.push(`${code} ${reason}`),
    };
    this.machine.transportOpened(transport, jsonCodec, 0);
    const max = { packet: 65_536, subs: 200, inflight: 64 };
    this.hear({
      t: 'welcome',
      id: 1,
      sid: 's',
      resumed: false,
      ttlMs: 1,
      pingMs: 25_000,
      idleMs: 33_000,
      max,
      res: [],
      ...welcome,
    });
  }

  hear(packet: AnyPacket): void {
    this.machine.receive(JSON.stringify(packet), 0);
  }

  /** Lets time pass as a shell does, and gives how often the machine had to be called. */
  pass(untilMs: number, onCall: () => void = () => {}): number {
    let calls = 0;
    for (
      let at = this.machine.nextTimeout();
      at !== undefined && at <= untilMs;
      at = this.machine.nextTimeout()
    ) {
      this.machine.handleTimeout(at);
      onCall();
      calls += 1;
    }
    return calls;
  }
}

const impossible = [undefined, null, 7, 'text', [], {}, { e: 1, o: 1, dup: true }, { s: 'one' }, { s: -1 }];

describe('client, with a server that is broken', () => {
  for (const ok of impossible) {
    it(`replaces the connection when the reply to a publish is ${JSON.stringify(ok)}`, () => {
      const client = new LonelyClient();
      client.machine.publish(
        'chat',
        { data: 1 },
        { now: 0, done: () => assert.fail('it is still to be sent') },
      );
      client.hear({ t: 'reply', id: client.sent.at(-1).id, ok });
      assert.deepEqual(client.closed, ['4002 a reply to pub that is none']);
      assert.equal(client.machine.unanswered, 1);
    });

    it(`replaces the connection when the reply to a watch is ${JSON.stringify(ok)}`, () => {
      const client = new LonelyClient();
      const presence = client.machine.attach(
        (part, clock) => new ClientPresence(part, { clock, maxMembers: 3 }),
      );
      presence.watch('chat', { onMembers: () => {}, onRefused: () => {} });
      client.hear({ t: 'reply', id: client.sent.at(-1).id, ok });
      assert.deepEqual(client.closed, ['4002 a reply to watch that is none']);
    });
  }

  for (const pingMs of [0, 1, 999]) {
    it(`pings once a second at the most, though the server asks for every ${pingMs} ms`, () => {
      const client = new LonelyClient({ pingMs });
      client.pass(10_000);
      assert.equal(client.sent.filter(({ t }) => t === 'ping').length, 10);
    });
  }

  it('waits no longer than a day for a sound, whatever the server says', () => {
    const client = new LonelyClient({ pingMs: Number.MAX_SAFE_INTEGER, idleMs: Number.MAX_SAFE_INTEGER });
    client.pass(100_000_000);
    assert.deepEqual(client.closed, ['4000 silent for too long']);
  });

  for (const field of [{ ts: 'now' }, { by: 7 }, { x: 2 }]) {
    it(`hands over no publication whose fields are not what they should be: ${JSON.stringify(field)}`, () => {
      const client = new LonelyClient();
      client.hear({ t: 'msg', s: 1, o: 1, d: null, ...field });
      assert.deepEqual(client.closed, [`4002 bad field ${Object.keys(field)[0]} in packet msg`]);
    });
  }

  const forEver = Number.MAX_SAFE_INTEGER;
  const minutes = 60_000;

  it('comes back within minutes, however long it is asked to keep away', () => {
    const client = new LonelyClient();
    client.hear({ t: 'goaway', inMs: forEver, spreadMs: forEver });
    client.machine.transportClosed(1006, 0);
    client.pass(11 * minutes);
    assert.ok(client.opened > 1, 'it has tried');
  });

  it('asks again within minutes, however long it is told to wait', () => {
    const client = new LonelyClient();
    const err = { code: 'mine', msg: 'no', retry: 'after', afterMs: forEver };
    client.machine.publish(
      'chat',
      { data: 1 },
      { now: 0, done: () => assert.fail('it is still to be sent') },
    );
    client.hear({ t: 'reply', id: client.sent.at(-1).id, err });
    client.machine.subscribe(
      { channel: 'news', handler: { onPublication: () => {}, onGap: () => {}, onEnd: () => {} } },
      0,
    );
    client.hear({ t: 'reply', id: client.sent.at(-1).id, err });
    client.sent.length = 0;
    client.pass(11 * minutes, () => client.hear({ t: 'pong', pos: [] }));
    const again = client.sent.filter(({ t }) => t === 'pub' || t === 'sub').map(({ ch }) => ch);
    assert.deepEqual(again.slice(0, 2).sort(), ['chat', 'news']);
  });

  it('publishes one by one to a server that takes no request', () => {
    const max = { packet: 65_536, subs: 200, inflight: 0 };
    const client = new LonelyClient({ max });
    client.machine.publish('chat', { data: 1 }, { now: 0, done: () => undefined });
    assert.equal(client.sent.at(-1).t, 'pub');
  });
});

describe('a message that is not JSON', () => {
  it('is not repeated in the error, since it may hold a credential', () => {
    for (const text of ['{"auth":"secret', 'secret', '{"t":"hello","auth":secret}']) {
      assert.throws(() => jsonCodec.decode(text), { name: 'PacketError', message: 'not JSON' });
    }
  });
});
