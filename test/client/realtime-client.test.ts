import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connect, messagePackCodec, UsageError } from '../../src/client/index.ts';
import { VirtualNet } from './virtual-net.ts';

describe('connect', () => {
  it('without a WebSocket says what to pass', {
    skip: 'WebSocket' in globalThis && 'this runtime has its own',
  }, () => {
    assert.throws(() => connect('ws://127.0.0.1'), /pass that of 'tidewire\/websocket'/);
  });

  it('refuses what is no address', () => {
    for (const url of ['', 'chat', 'ftp://host', 'ws://', 'ws://host/#part', []]) {
      assert.throws(() => new VirtualNet().client({}, url), UsageError, String(url));
    }
  });

  it('takes http for ws, as browsers do', () => {
    const net = new VirtualNet();
    net.client({}, 'https://host/realtime').connect();
    return net.advance().then(() => assert.equal(net.socket.url, 'wss://host/realtime'));
  });
});

describe('RealtimeClient', () => {
  it('tells each state, and why there is no connection', async () => {
    const net = new VirtualNet();
    const client = net.client();
    const told: string[] = [];
    client.onState(({ state, attempt, reason }) => told.push(`${state} ${attempt} ${reason?.type ?? '-'}`));
    client.connect();
    await net.advance();
    assert.deepEqual(told.splice(0), ['connecting 1 -', 'open 0 -']);
    net.socket.cut();
    assert.deepEqual(told.splice(0), ['waiting 0 network']);
    await net.advance(1_000);
    assert.deepEqual(told.splice(0), ['connecting 1 network', 'open 0 -']);
    client.close();
    await net.advance();
    assert.deepEqual(told, ['stopped 0 client']);
    assert.deepEqual(net.socket.closed, { code: 1000, reason: 'bye' });
  });

  it('says when it tries again, and does so then', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    net.socket.cut();
    const inMs = client.status.nextAttemptAt! - (1_000_000 + net.rig.clock.now());
    assert.ok(inMs >= 50 && inMs <= 500, String(inMs));
    await net.advance(inMs - 1);
    assert.equal(client.state, 'waiting');
    await net.advance(30);
    assert.equal(client.state, 'open');
  });

  it('gives up an attempt that nobody answers, and says so', async () => {
    const net = new VirtualNet();
    net.isSilent = true;
    const client = await net.connected();
    await net.advance(10_000);
    assert.equal(client.state, 'waiting');
    assert.equal(client.status.reason?.message, 'no answer in time');
    assert.ok(net.socket.closed, 'the socket that was being opened is closed');
  });

  it('goes to the next address when one does not answer', async () => {
    const net = new VirtualNet();
    net.dead.add('ws://a');
    const client = net.client({}, ['ws://a', 'ws://b']);
    client.connect();
    await net.advance(1_000);
    assert.equal(client.state, 'open');
    assert.deepEqual(
      net.sockets.map(({ url }) => url),
      ['ws://a', 'ws://b'],
    );
  });

  it('goes elsewhere when the server says so, and stays where it is when it is only cut', async () => {
    const net = new VirtualNet();
    const client = net.client({}, ['ws://a', 'ws://b']);
    client.connect();
    await net.advance();
    net.socket.cut();
    await net.advance(1_000);
    net.socket.cut(4300, 'go elsewhere');
    await net.advance(1_000);
    assert.deepEqual(
      net.sockets.map(({ url }) => url),
      ['ws://a', 'ws://a', 'ws://b'],
    );
  });

  it('comes back within the spread of a goaway, with what was subscribed', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    const heard: unknown[] = [];
    client.channel('chat').subscribe(({ data }) => void heard.push(data));
    await net.advance();
    net.rig.hub.goAway(0, 1_000);
    await net.advance(1_100);
    assert.equal(net.sockets.length, 2);
    assert.equal(client.state, 'open');
    await net.publish('after');
    assert.deepEqual(heard, ['after']);
  });

  it('stays away after a code that says so, until it is told to connect', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    net.socket.cut(4403, 'revoked');
    await net.advance(60_000);
    assert.equal(client.state, 'stopped');
    assert.deepEqual(client.status.reason, { type: 'server', code: 4403, message: 'revoked' });
    client.connect();
    await net.advance();
    assert.equal(client.state, 'open');
  });

  it('connects at once when the page becomes visible or the network returns', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    net.socket.cut();
    assert.equal(client.state, 'waiting');
    net.signs[0]!.onWake();
    await net.advance(10);
    assert.equal(client.state, 'open');
  });

  it('finds out on waking that the connection is dead', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    net.isSilent = true;
    net.signs[0]!.onWake();
    await net.advance(5_010);
    assert.equal(client.state, 'waiting');
    assert.equal(client.status.reason?.type, 'timeout');
  });

  it('speaks MessagePack when it is given its codec', async () => {
    const net = new VirtualNet();
    const client = await net.connected({ codec: messagePackCodec });
    const heard: unknown[] = [];
    client.channel('chat').subscribe(({ data }) => void heard.push(data));
    await net.advance();
    const published = client.channel('chat').publish(new Uint8Array([1, 2]));
    await net.advance();
    assert.equal((await published).offset, 1);
    assert.deepEqual(net.socket.protocols, ['tidewire.v1.msgpack']);
    assert.deepEqual(heard, [new Uint8Array([1, 2])]);
  });

  it('leaves nothing behind when it is closed: no timer, no sign, no promise', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    client.channel('chat').subscribe(() => {});
    await net.advance();
    net.isSilent = true;
    const lost = client.channel('chat').publish('never answered');
    const rejected = assert.rejects(lost, { code: 'disconnected' });
    client.close();
    await rejected;
    assert.equal(net.signs.length, 0);
    await net.advance(120_000);
    assert.equal(net.sockets.length, 1);
  });

  it('publishes nothing more of what was rejected when it was closed, also when it connects again', async () => {
    const net = new VirtualNet();
    const client = net.client();
    const rejected = assert.rejects(client.channel('chat').publish('given up'), { code: 'disconnected' });
    client.close();
    await rejected;
    assert.equal(client.unanswered, 0);
    client.connect();
    await net.advance();
    const [position] = await Promise.all([client.channel('chat').publish('new'), net.advance()]);
    assert.equal(position.offset, 1);
  });

  it('closes while it waits, and does not come back', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    net.socket.cut();
    client.close();
    await net.advance(60_000);
    assert.equal(client.state, 'stopped');
    assert.equal(net.sockets.length, 1);
  });

  it('calls listeners that are left when one throws, and reports it', async () => {
    const net = new VirtualNet();
    const client = net.client();
    const failure = new Error('mine');
    const told: string[] = [];
    client.onState(() => {
      throw failure;
    });
    client.onState(({ state }) => told.push(state));
    client.connect();
    assert.deepEqual(told, ['connecting']);
    assert.deepEqual(net.errors, [failure]);
  });
});

describe('a token', () => {
  it('is got anew for each attempt', async () => {
    const net = new VirtualNet();
    let asked = 0;
    const client = await net.connected({ token: async () => `ann-${++asked}` });
    net.socket.cut();
    await net.advance(1_000);
    assert.equal(client.state, 'open');
    assert.equal(asked, 2);
  });

  it('that cannot be had is tried again with backoff, and the reason is told', async () => {
    const net = new VirtualNet();
    let asked = 0;
    const client = await net.connected({
      token: () => (++asked < 3 ? Promise.reject(new Error('offline')) : 'ann'),
    });
    assert.equal(client.state, 'waiting');
    assert.deepEqual(client.status.reason, { type: 'token', code: 1006, message: 'no token: offline' });
    await net.advance(3_000);
    assert.equal(client.state, 'open');
  });

  it('is renewed in place when the server says that it runs out', async () => {
    const tokens: (string | undefined)[] = [];
    const net = new VirtualNet({
      authenticate: ({ token }) => {
        tokens.push(token);
        return { type: 'accepted', subject: 'ann', expiresInMs: tokens.length === 1 ? 61_000 : 600_000 };
      },
    });
    let asked = 0;
    await net.connected({ token: () => `t${++asked}` });
    // The server asks between half a minute and a minute before.
    await net.advance(31_500);
    assert.deepEqual(tokens, ['t1', 't2']);
    assert.equal(net.sockets.length, 1);
  });

  it('that is there no more is not sent any more', async () => {
    const tokens: (string | undefined)[] = [];
    const net = new VirtualNet({
      authenticate: ({ token }) => {
        tokens.push(token);
        return { type: 'accepted', subject: token ?? 'guest' };
      },
    });
    let token: string | undefined = 'ann';
    const client = await net.connected({ token: () => token });
    token = undefined;
    net.socket.cut(4200, 'signed out');
    await net.advance(4_000);
    assert.equal(client.state, 'open');
    assert.deepEqual(tokens, ['ann', undefined]);
  });

  it('that ran out as a string waits for `setToken`', async () => {
    const net = new VirtualNet();
    const client = await net.connected();
    net.socket.cut(4200, 'expired');
    await net.advance(60_000);
    assert.equal(client.state, 'credentials');
    client.setToken('bob');
    await net.advance();
    assert.equal(client.state, 'open');
  });

  it('that ran out is got anew after a pause', async () => {
    const net = new VirtualNet();
    const client = await net.connected({ token: () => 'ann' });
    net.socket.cut(4200, 'expired');
    assert.equal(client.state, 'credentials');
    await net.advance(3_100);
    assert.equal(client.state, 'open');
    assert.equal(net.sockets.length, 2);
  });
});
