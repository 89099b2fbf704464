// The WebSocket object, statement by statement of https://websockets.spec.whatwg.org/ (section numbers of that text).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { UsageError, WebSocket } from '../../../src/websocket/index.ts';
import { acceptingServer, fakeServer } from '../client/fake-server.ts';
import { binaryFrame, closeFrame, readFrames, textFrame } from '../client/raw-frames.ts';
import { expectNoSurprises } from '../surprises.ts';
import { atPage } from './page.ts';
import { closed, failed, logEvents, nextMessage, nextTurn, opened } from './socket-log.ts';

expectNoSurprises();

/** A socket that is open, and the server's end of it. */
async function openPair(t: TestContext): Promise<{ socket: WebSocket; peer: Socket }> {
  const server = await acceptingServer(t);
  const socket = new WebSocket(`ws://${server.authority}/`, { perMessageDeflate: false });
  t.after(() => socket.terminate());
  await opened(socket);
  const [peer] = server.sockets;
  if (peer === undefined) throw new Error('the server has no socket');
  return { socket, peer };
}

function isDomException(name: string): (error: unknown) => boolean {
  return (error) => error instanceof DOMException && error.name === name;
}

describe('the constructor (3.1)', () => {
  it('throws a TypeError without a URL', () => {
    assert.throws(() => Reflect.construct(WebSocket, []), TypeError);
  });

  it('throws a TypeError when it is called without new', () => {
    assert.throws(() => Reflect.apply(WebSocket, undefined, ['ws://127.0.0.1/']), TypeError);
  });

  it('throws a SyntaxError for a URL that cannot be parsed', () => {
    for (const url of ['', 'chat', '//example.com', 'ws://', 'ws://a:b:c/', 'wss://exa mple/']) {
      assert.throws(() => new WebSocket(url), isDomException('SyntaxError'), url);
    }
  });

  it('throws a SyntaxError for any other scheme than ws, wss, http and https', () => {
    for (const url of [
      'ftp://example.com/',
      'mailto:a@example.com',
      'about:blank',
      'file:///tmp',
      'wsx://a/',
    ]) {
      assert.throws(() => new WebSocket(url), isDomException('SyntaxError'), url);
    }
  });

  it('throws a SyntaxError for a fragment, an empty one too', () => {
    for (const url of ['ws://example.com/#a', 'wss://example.com/#', 'http://example.com/?q#']) {
      assert.throws(() => new WebSocket(url), isDomException('SyntaxError'), url);
    }
  });

  it('throws a SyntaxError for a subprotocol that is no token, or that is given twice', () => {
    for (const protocols of ['', 'a b', 'a,b', 'ä', 'a\r\nb: c', ['a', ''], ['a', 'b', 'a']]) {
      assert.throws(
        () => new WebSocket('ws://127.0.0.1:1/', protocols),
        isDomException('SyntaxError'),
        String(protocols),
      );
    }
  });

  it('throws a UsageError for an option that cannot be, and connects to nothing', async (t) => {
    const server = await fakeServer(t, () => assert.fail('a request came'));
    const url = `ws://${server.authority}/`;
    assert.throws(() => new WebSocket(url, { handshakeTimeoutMs: 0 }), UsageError);
    assert.throws(() => new WebSocket(url, { headers: { 'X-A': 'a\r\nX-B: b' } }), UsageError);
    assert.throws(() => new WebSocket(url, [], { limits: { maxMessageBytes: -1 } }), UsageError);
    assert.equal(server.sockets.size, 0);
  });

  it('maps http to ws and https to wss', (t) => {
    const plain = new WebSocket('http://127.0.0.1:1/chat');
    const secure = new WebSocket('https://127.0.0.1:1/chat');
    t.after(() => [plain, secure].map((socket) => socket.terminate()));
    assert.equal(plain.url, 'ws://127.0.0.1:1/chat');
    assert.equal(secure.url, 'wss://127.0.0.1:1/chat');
  });

  it('begins in the state CONNECTING, with no protocol, no extensions and binaryType blob', async (t) => {
    const server = await acceptingServer(t);
    const socket = new WebSocket(`ws://${server.authority}`);
    assert.equal(socket.readyState, 0);
    assert.equal(socket.protocol, '');
    assert.equal(socket.extensions, '');
    assert.equal(socket.binaryType, 'blob');
    assert.equal(socket.bufferedAmount, 0);
    assert.equal(socket.url, `ws://${server.authority}/`);
    await opened(socket);
    socket.terminate();
    await closed(socket);
  });

  it('makes a sequence of one string of protocols, and offers them in order', async (t) => {
    const server = await fakeServer(t, (socket, request) => {
      const [first = ''] = (request.field('Sec-WebSocket-Protocol') ?? '').split(', ');
      socket.write(request.accept([`Sec-WebSocket-Protocol: ${first}`]));
    });
    const url = `ws://${server.authority}/`;
    const sockets = [
      new WebSocket(url, 'one'),
      new WebSocket(url, ['two', 'three']),
      new WebSocket(url, new Set(['four', 'five'])),
      new WebSocket(url, { protocols: ['six', 'seven'] }),
      new WebSocket(url, 'eight', { headers: { 'X-Test': 'yes' } }),
    ];
    await Promise.all(sockets.map(opened));
    assert.deepEqual(
      sockets.map((socket) => socket.protocol),
      ['one', 'two', 'four', 'six', 'eight'],
    );
    const offers = server.requests.map((request) => request.field('Sec-WebSocket-Protocol'));
    assert.deepEqual(offers.sort(), ['eight', 'four, five', 'one', 'six, seven', 'two, three']);
    for (const socket of sockets) socket.terminate();
    await Promise.all(sockets.map(closed));
  });

  it('takes relative URLs and Origin from globalThis.location, where there is one', async (t) => {
    const server = await acceptingServer(t);
    const origin = `http://${server.authority}`;
    atPage(t, { href: `${origin}/app/page.html?a#b`, origin });
    const socket = new WebSocket('../chat?c');
    assert.equal(socket.url, `ws://${server.authority}/chat?c`);
    await opened(socket);
    assert.equal(server.requests[0]?.field('Origin'), origin);
    assert.equal(server.requests[0]?.lines[0], 'GET /chat?c HTTP/1.1');
    socket.terminate();
    await closed(socket);
  });

  it('sends no Origin where there is no location', async (t) => {
    const server = await acceptingServer(t);
    const socket = new WebSocket(`ws://${server.authority}`);
    await opened(socket);
    assert.equal(server.requests[0]?.field('Origin'), undefined);
    socket.terminate();
    await closed(socket);
  });
});

describe('the shape of the interface (Web IDL)', () => {
  it('is called WebSocket and takes one argument at least', () => {
    assert.equal(WebSocket.name, 'WebSocket');
    assert.equal(WebSocket.length, 1);
    assert.equal(Object.prototype.toString.call(WebSocket.prototype), '[object WebSocket]');
    assert.ok(WebSocket.prototype instanceof EventTarget);
  });

  it('has its constants on the class and on the prototype, and nobody can change them', () => {
    const names = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'] as const;
    for (const [value, name] of names.entries()) {
      for (const holder of [WebSocket, WebSocket.prototype]) {
        assert.deepEqual(Object.getOwnPropertyDescriptor(holder, name), {
          value,
          enumerable: true,
          writable: false,
          configurable: false,
        });
      }
    }
  });

  it('has its attributes as accessors on the prototype, which can be enumerated', () => {
    const readOnly = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol'];
    const writable = ['binaryType', 'onopen', 'onmessage', 'onerror', 'onclose'];
    for (const name of [...readOnly, ...writable]) {
      const descriptor = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
      assert.equal(typeof descriptor?.get, 'function', name);
      assert.equal(typeof descriptor?.set, writable.includes(name) ? 'function' : 'undefined', name);
      assert.equal(descriptor?.enumerable, true, name);
      assert.equal(descriptor?.configurable, true, name);
    }
  });

  it('can enumerate the members of the standard, and none of the extras', () => {
    assert.deepEqual(Object.keys(WebSocket.prototype).sort(), [
      ...['CLOSED', 'CLOSING', 'CONNECTING', 'OPEN', 'binaryType', 'bufferedAmount', 'close', 'extensions'],
      ...['onclose', 'onerror', 'onmessage', 'onopen', 'protocol', 'readyState', 'send', 'url'],
    ]);
  });

  it('throws a TypeError when a member is used on something else', () => {
    for (const name of ['url', 'readyState', 'bufferedAmount', 'onopen', 'binaryType']) {
      const { get } = Object.getOwnPropertyDescriptor(WebSocket.prototype, name) ?? {};
      assert.throws(() => get?.call({}), TypeError, name);
      assert.throws(() => get?.call(WebSocket.prototype), TypeError, name);
    }
    assert.throws(() => WebSocket.prototype.send.call({} as WebSocket, 'a'), TypeError);
    assert.throws(() => WebSocket.prototype.close.call({} as WebSocket), TypeError);
  });

  it('ignores a binaryType that does not exist', (t) => {
    const socket = new WebSocket('ws://127.0.0.1:1/');
    t.after(() => socket.terminate());
    socket.binaryType = 'arraybuffer';
    socket.binaryType = 'nodebuffer' as 'blob';
    assert.equal(socket.binaryType, 'arraybuffer');
  });
});

describe('close() (3.1)', () => {
  it('throws an InvalidAccessError for a code that is neither 1000 nor 3000 to 4999', async (t) => {
    const { socket } = await openPair(t);
    for (const code of [0, 999, 1001, 1005, 1006, 2999, 5000, -1, 65_536 + 1000, Number.NaN, 1000.6]) {
      assert.throws(() => socket.close(code), isDomException('InvalidAccessError'), String(code));
    }
    for (const code of [null, 'abc', {}]) {
      assert.throws(() => socket.close(code as number), isDomException('InvalidAccessError'));
    }
    assert.equal(socket.readyState, WebSocket.OPEN);
  });

  it('throws a SyntaxError for a reason of more than 123 bytes of UTF-8', async (t) => {
    const { socket } = await openPair(t);
    assert.throws(() => socket.close(1000, 'a'.repeat(124)), isDomException('SyntaxError'));
    assert.throws(() => socket.close(1000, 'ä'.repeat(62)), isDomException('SyntaxError'));
    assert.equal(socket.readyState, WebSocket.OPEN);
    socket.close(1000, `${'ä'.repeat(61)}a`);
    assert.equal(socket.readyState, WebSocket.CLOSING);
  });

  it('checks its arguments in every state', async (t) => {
    const { socket, peer } = await openPair(t);
    const gone = closed(socket);
    peer.end(closeFrame(1000));
    await gone;
    assert.throws(() => socket.close(1001), isDomException('InvalidAccessError'));
    socket.close(1000);
    assert.equal(socket.readyState, WebSocket.CLOSED);
  });

  it('fails the connection while it is not established: CLOSING at once, then error, then close 1006', async (t) => {
    const server = await fakeServer(t, () => undefined);
    const socket = new WebSocket(`ws://${server.authority}`);
    const log = logEvents(socket);
    socket.close(3000, 'never mind');
    assert.equal(socket.readyState, WebSocket.CLOSING);
    const event = await closed(socket);
    assert.equal(socket.readyState, WebSocket.CLOSED);
    assert.deepEqual(log, ['error', 'close 1006']);
    assert.equal(event.wasClean, false);
    assert.equal(event.reason, '');
  });

  it('starts the closing handshake with the code and the reason given', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    socket.close(3001, 'enough');
    assert.equal(socket.readyState, WebSocket.CLOSING);
    await frames.count(1);
    assert.deepEqual(frames.log, ['close 3001 enough']);
    const gone = closed(socket);
    peer.end(closeFrame(3001, 'so be it'));
    const event = await gone;
    assert.equal(event.code, 3001);
    assert.equal(event.reason, 'so be it');
    assert.equal(event.wasClean, true);
  });

  it('sends a Close without a body when neither code nor reason is given, or both are undefined', async (t) => {
    const first = await openPair(t);
    const second = await openPair(t);
    const frames = [readFrames(first.peer), readFrames(second.peer)];
    first.socket.close();
    second.socket.close(undefined, undefined);
    for (const { log, count } of frames) {
      await count(1);
      assert.deepEqual(log, ['close 1005']);
    }
  });

  it('clamps the code and rounds it as Web IDL does', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    socket.close(3000.5);
    await frames.count(1);
    assert.deepEqual(frames.log, ['close 3000']);
  });

  it('sends messages of before, and does nothing the second time', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    socket.send('first');
    socket.close(1000);
    socket.close(3000);
    await frames.count(2);
    await nextTurn();
    assert.deepEqual(frames.log, ['text first', 'close 1000']);
  });
});

describe('send() (3.1)', () => {
  it('throws an InvalidStateError while CONNECTING', async (t) => {
    const server = await fakeServer(t, () => undefined);
    const socket = new WebSocket(`ws://${server.authority}`);
    assert.throws(() => socket.send('early'), isDomException('InvalidStateError'));
    socket.terminate();
    await closed(socket);
  });

  it('throws a TypeError without an argument', async (t) => {
    const { socket } = await openPair(t);
    assert.throws(() => Reflect.apply(socket.send, socket, []), TypeError);
  });

  it('sends strings as text, with lone surrogates replaced', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    socket.send('');
    socket.send('grün \ud800!');
    await frames.count(2);
    assert.deepEqual(frames.log, ['text ', 'text grün \ufffd!']);
  });

  it('sends buffers, and exactly the bytes that a view shows, as binary', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    const { buffer } = Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7);
    socket.send(buffer);
    socket.send(new Uint8Array(buffer, 2, 3));
    socket.send(new DataView(buffer, 7));
    socket.send(new Uint16Array(buffer, 4, 2));
    socket.send(new ArrayBuffer(0));
    await frames.count(5);
    assert.deepEqual(frames.log, [
      'binary 0001020304050607',
      'binary 020304',
      'binary 07',
      'binary 04050607',
      'binary ',
    ]);
  });

  it('sends what the bytes were at the time of the call', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    const small = Uint8Array.of(1);
    const large = new Uint8Array(40_000).fill(1);
    socket.send(small);
    socket.send(large);
    socket.send(new Blob([Uint8Array.of(2)]));
    socket.send(small);
    small.fill(9);
    large.fill(9);
    await frames.count(4);
    assert.equal(frames.log[0], 'binary 01');
    assert.equal(frames.log[1], `binary ${'01'.repeat(40_000)}`);
    assert.equal(frames.log[2], 'binary 02');
    assert.equal(frames.log[3], 'binary 01');
    assert.equal(large[0], 9);
  });

  it('sends a Blob as binary, and keeps what follows in order', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    socket.send(new Blob(['ab', Uint8Array.of(0xff)]));
    socket.send('behind');
    socket.close();
    await frames.count(3);
    assert.deepEqual(frames.log, ['binary 6162ff', 'text behind', 'close 1005']);
  });

  it('makes a string of anything else, as Web IDL does', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    for (const data of [undefined, null, 5, true, { toString: () => 'an object' }, [1, 2]]) {
      socket.send(data as unknown as string);
    }
    assert.throws(() => socket.send(Symbol('s') as unknown as string), TypeError);
    await frames.count(6);
    assert.deepEqual(frames.log, [
      'text undefined',
      'text null',
      'text 5',
      'text true',
      'text an object',
      'text 1,2',
    ]);
  });

  it('sends nothing after close(), and throws nothing', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    socket.close();
    socket.send('late');
    await frames.count(1);
    const gone = closed(socket);
    peer.end(closeFrame());
    await gone;
    socket.send('later');
    assert.deepEqual(frames.log, ['close 1005']);
  });
});

describe('bufferedAmount (3.1)', () => {
  it('counts the bytes of UTF-8 and of binary data, without framing, until the turn is over', async (t) => {
    const { socket } = await openPair(t);
    socket.send('grün');
    assert.equal(socket.bufferedAmount, 5);
    socket.send(new Uint16Array(3));
    assert.equal(socket.bufferedAmount, 11);
    socket.send('');
    assert.equal(socket.bufferedAmount, 11);
    await Promise.resolve();
    assert.equal(socket.bufferedAmount, 11);
    await nextTurn();
    await nextTurn();
    assert.equal(socket.bufferedAmount, 0);
  });

  it('counts what the network does not take, and comes down when it does', async (t) => {
    const { socket, peer } = await openPair(t);
    const message = new Uint8Array(1024 * 1024);
    for (let sent = 0; sent < 16; sent += 1) socket.send(message);
    await nextTurn();
    await nextTurn();
    const { bufferedAmount } = socket;
    assert.ok(bufferedAmount > 0, String(bufferedAmount));
    assert.ok(bufferedAmount <= 16 * message.length, String(bufferedAmount));
    const frames = readFrames(peer);
    await frames.count(16);
    while (socket.bufferedAmount > 0) await nextTurn();
  });

  it('increases with every send after close(), and is not reset', async (t) => {
    const { socket, peer } = await openPair(t);
    socket.close();
    socket.send('12345');
    assert.equal(socket.bufferedAmount, 5);
    await nextTurn();
    await nextTurn();
    assert.equal(socket.bufferedAmount, 5);
    const gone = closed(socket);
    peer.end(closeFrame());
    await gone;
    assert.equal(socket.bufferedAmount, 5);
    socket.send(new Blob(['678']));
    assert.equal(socket.bufferedAmount, 8);
  });
});

describe('feedback from the protocol (4)', () => {
  it('changes to OPEN, with protocol and extensions, and fires open', async (t) => {
    const server = await acceptingServer(t, undefined, [
      'Sec-WebSocket-Protocol: chat',
      'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover',
    ]);
    const socket = new WebSocket(`ws://${server.authority}`, 'chat');
    const event = await opened(socket);
    assert.equal(event.constructor, Event);
    assert.equal(event.target, socket);
    assert.equal(event.bubbles, false);
    assert.equal(event.cancelable, false);
    assert.equal(socket.readyState, WebSocket.OPEN);
    assert.equal(socket.protocol, 'chat');
    assert.equal(socket.extensions, 'permessage-deflate; client_no_context_takeover');
    socket.terminate();
    await closed(socket);
  });

  it('fires message with a MessageEvent: data, and the origin of the URL', async (t) => {
    const { socket, peer } = await openPair(t);
    peer.write(textFrame('grün'));
    const event = await nextMessage(socket);
    assert.ok(event instanceof MessageEvent);
    assert.equal(event.data, 'grün');
    assert.equal(event.origin, new URL(socket.url).origin);
    assert.equal(event.lastEventId, '');
  });

  it('gives binary data as a Blob', async (t) => {
    const { socket, peer } = await openPair(t);
    peer.write(binaryFrame(Uint8Array.of(1, 2, 255)));
    const { data } = await nextMessage(socket);
    assert.ok(data instanceof Blob);
    assert.equal(data.type, '');
    assert.deepEqual(new Uint8Array(await data.arrayBuffer()), Uint8Array.of(1, 2, 255));
  });

  it('gives binary data as an ArrayBuffer of exactly its bytes', async (t) => {
    const { socket, peer } = await openPair(t);
    socket.binaryType = 'arraybuffer';
    for (const size of [0, 1, 125, 70_000, 300_000]) {
      peer.write(binaryFrame(new Uint8Array(size).fill(7)));
      const { data } = await nextMessage(socket);
      assert.ok(data instanceof ArrayBuffer);
      assert.equal(data.byteLength, size);
      assert.deepEqual(new Uint8Array(data), new Uint8Array(size).fill(7));
    }
  });

  it('looks at binaryType when the message is delivered', async (t) => {
    const { socket, peer } = await openPair(t);
    const kinds: string[] = [];
    socket.onmessage = ({ data }) => {
      kinds.push(Object.prototype.toString.call(data));
      socket.binaryType = 'arraybuffer';
    };
    peer.write(Buffer.concat([binaryFrame(Uint8Array.of(1)), binaryFrame(Uint8Array.of(2))]));
    await nextMessage(socket);
    await nextMessage(socket);
    assert.deepEqual(kinds, ['[object Blob]', '[object ArrayBuffer]']);
  });

  it('runs every event in a task of its own: microtasks come between two messages of one chunk', async (t) => {
    const { socket, peer } = await openPair(t);
    const log: string[] = [];
    socket.addEventListener('message', ({ data }) => {
      log.push(data);
      Promise.resolve()
        .then(() => undefined)
        .then(() => undefined)
        .then(() => log.push(`after ${data}`));
    });
    peer.write(Buffer.concat(['1', '2', '3'].map(textFrame)));
    for (let received = 0; received < 3; received += 1) await nextMessage(socket);
    await nextTurn();
    assert.deepEqual(log, ['1', 'after 1', '2', 'after 2', '3', 'after 3']);
  });

  it('lets who awaits open listen before the first message, though both came in one chunk', async (t) => {
    const server = await fakeServer(t, (socket, request) => {
      socket.write(
        Buffer.concat([Buffer.from(request.accept()), textFrame('at once'), textFrame('and again')]),
      );
    });
    const socket = new WebSocket(`ws://${server.authority}`);
    await once(socket, 'open');
    const [first] = (await once(socket, 'message')) as [MessageEvent];
    const [second] = (await once(socket, 'message')) as [MessageEvent];
    assert.deepEqual([first.data, second.data], ['at once', 'and again']);
    socket.terminate();
    await closed(socket);
  });

  it('delivers no message once the state is not OPEN any more', async (t) => {
    for (const last of ['1', '2']) {
      const { socket, peer } = await openPair(t);
      const log = logEvents(socket);
      socket.addEventListener('message', ({ data }) => {
        if (data === last) socket.close();
      });
      peer.write(Buffer.concat(['1', '2', '3'].map(textFrame)));
      while (socket.readyState === WebSocket.OPEN) await nextTurn();
      peer.write(textFrame('4'));
      const gone = closed(socket);
      peer.end(closeFrame(1000));
      await gone;
      assert.deepEqual(log, [...(last === '1' ? ['message 1'] : ['message 1', 'message 2']), 'close 1000']);
    }
  });

  it('changes to CLOSING when the peer starts the closing handshake, and answers it', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    peer.write(Buffer.concat([textFrame('last'), closeFrame(4000, 'over')]));
    await nextMessage(socket);
    assert.equal(socket.readyState, WebSocket.OPEN);
    await frames.count(1);
    assert.equal(socket.readyState, WebSocket.CLOSING);
    assert.deepEqual(frames.log, ['close 4000']);
    const gone = closed(socket);
    peer.end();
    const event = await gone;
    assert.equal(socket.readyState, WebSocket.CLOSED);
    assert.deepEqual([event.code, event.reason, event.wasClean], [4000, 'over', true]);
  });

  it('gives 1005 when the Close of the peer has no body', async (t) => {
    const { socket, peer } = await openPair(t);
    const log = logEvents(socket);
    peer.end(closeFrame());
    const event = await closed(socket);
    assert.deepEqual([event.code, event.reason, event.wasClean], [1005, '', true]);
    assert.deepEqual(log, ['close 1005']);
  });

  it('fires error and then close 1006 when the connection is lost', async (t) => {
    for (const lose of [(peer: Socket) => peer.end(), (peer: Socket) => peer.resetAndDestroy()]) {
      const { socket, peer } = await openPair(t);
      const log = logEvents(socket);
      lose(peer);
      const event = await closed(socket);
      assert.deepEqual([event.code, event.reason, event.wasClean], [1006, '', false]);
      assert.deepEqual(log, ['error', 'close 1006']);
    }
  });

  it('fires error and then close 1006 when the peer breaks the protocol', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    const failure = failed(socket);
    const gone = closed(socket);
    peer.write(Buffer.of(0x81, 0x80, 0, 0, 0, 0));
    await frames.count(1);
    assert.deepEqual(frames.log, ['close 1002']);
    peer.end();
    const { error, message } = await failure;
    assert.equal((error as Error & { code: string }).code, 'MASKED_FRAME');
    assert.equal(message, error.message);
    const event = await gone;
    assert.deepEqual([event.code, event.reason, event.wasClean], [1006, '', false]);
  });

  it('is CLOSED already when error is fired', async (t) => {
    const { socket, peer } = await openPair(t);
    const states: number[] = [];
    socket.onerror = () => states.push(socket.readyState);
    socket.onclose = () => states.push(socket.readyState);
    peer.end();
    await closed(socket);
    assert.deepEqual(states, [3, 3]);
  });

  it('fires nothing after close', async (t) => {
    const { socket, peer } = await openPair(t);
    peer.end(Buffer.concat([closeFrame(1000), textFrame('too late')]));
    await closed(socket);
    const log = logEvents(socket);
    socket.close();
    socket.terminate();
    socket.send('x');
    await nextTurn();
    await nextTurn();
    assert.deepEqual(log, []);
  });

  it('flags a socket as full when maxQueuedBytes would be exceeded: error, and it closes', async (t) => {
    const server = await acceptingServer(t, (peer) => peer.pause());
    const socket = new WebSocket(`ws://${server.authority}`, {
      limits: { maxQueuedBytes: 1024 * 1024 },
      perMessageDeflate: false,
      closeTimeoutMs: 50,
    });
    await opened(socket);
    const failure = failed(socket);
    const message = new Uint8Array(512 * 1024);
    let sent = 0;
    while (socket.readyState === WebSocket.OPEN && sent < 100) {
      socket.send(message);
      sent += 1;
      await nextTurn();
    }
    assert.ok(sent < 100);
    assert.equal(((await failure).error as Error & { code: string }).code, 'QUEUE_FULL');
  });
});

describe('extras for Node', () => {
  it('ping and pong send those frames; ping and pong are fired when they come', async (t) => {
    const { socket, peer } = await openPair(t);
    const frames = readFrames(peer);
    socket.ping('hi');
    socket.pong(Uint8Array.of(1));
    await frames.count(2);
    assert.deepEqual(frames.log, ['ping 6869', 'pong 01']);
    const events: string[] = [];
    socket.addEventListener('ping', ({ data }) => events.push(`ping ${data}`));
    socket.addEventListener('pong', ({ data }) => events.push(`pong ${data}`));
    peer.write(Buffer.of(0x89, 1, 7, 0x8a, 1, 8));
    await frames.count(3);
    await nextTurn();
    assert.deepEqual(events, ['ping 7', 'pong 8']);
    assert.equal(frames.log[2], 'pong 07');
    assert.throws(() => socket.ping(new Uint8Array(126)), UsageError);
  });

  it('terminate cuts the connection: close 1006 without error', async (t) => {
    const { socket, peer } = await openPair(t);
    const log = logEvents(socket);
    peer.resume();
    const cut = once(peer, 'end');
    socket.terminate();
    assert.equal(socket.readyState, WebSocket.CLOSING);
    await closed(socket);
    await cut;
    assert.deepEqual(log, ['close 1006']);
  });

  it('pause holds messages back, of the same chunk too, until resume', async (t) => {
    const { socket, peer } = await openPair(t);
    const log = logEvents(socket);
    socket.addEventListener('message', () => socket.pause(), { once: true });
    peer.write(Buffer.concat(['1', '2'].map(textFrame)));
    await nextMessage(socket);
    peer.write(textFrame('3'));
    peer.end(closeFrame(1000));
    for (let turns = 0; turns < 10; turns += 1) await nextTurn();
    assert.deepEqual(log, ['message 1']);
    socket.resume();
    await closed(socket);
    assert.deepEqual(log, ['message 1', 'message 2', 'message 3', 'close 1000']);
  });

  it('gathers what several messages of one chunk make it send into one write', async (t) => {
    const { socket, peer } = await openPair(t);
    socket.onmessage = ({ data }) => socket.send(`re ${data}`);
    const chunks: Buffer[] = [];
    peer.on('data', (chunk: Buffer) => chunks.push(chunk));
    const frames = readFrames(peer);
    peer.write(Buffer.concat(['1', '2', '3'].map(textFrame)));
    await frames.count(3);
    assert.deepEqual(frames.log, ['text re 1', 'text re 2', 'text re 3']);
    assert.equal(chunks.length, 1);
  });
});
