import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'tidewire/websocket';
import { type Chat, startChat } from '../../../examples/chat/chat-server.ts';

const host = '127.0.0.1';
const key = 'k'.repeat(16);

describe('chat server', () => {
  let chat: Chat;
  before(async () => {
    chat = await startChat({ host, port: 0, allowedOrigins: ['https://friend.example'] });
  });
  after(() => chat.close());

  const fetchPage = (path: string, init?: RequestInit) => fetch(`http://${host}:${chat.port}${path}`, init);
  const connect = async (headers: Record<string, string> = {}) => {
    const socket = new WebSocket(`ws://${host}:${chat.port}/chat`, [], { headers });
    const [event] = await Promise.race([once(socket, 'open'), once(socket, 'close')]);
    return { socket, outcome: event.type as string };
  };
  const closeCode = async (socket: WebSocket) => (await once(socket, 'close'))[0].code as number;

  const files: [string, string][] = [
    ['/', 'text/html'],
    ['/chat.css', 'text/css'],
    ['/chat.js', 'text/javascript'],
    ['/icon.svg', 'image/svg+xml'],
  ];
  for (const [path, type] of files) {
    it(`serves ${path} as ${type}, under a strict policy`, async () => {
      const { status, headers } = await fetchPage(path);
      assert.equal(status, 200);
      assert.equal(headers.get('content-type')?.split(';')[0], type);
      assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'; script-src 'self';/);
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    });
  }

  for (const path of [
    '/none',
    '/../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/.tsbuildinfo',
    '/%00',
    '/%',
  ]) {
    it(`has no ${path}`, async () => {
      const { status } = await fetchPage(path);
      assert.equal(status, 404);
    });
  }

  it('takes no POST', async () => {
    const { status, headers } = await fetchPage('/', { method: 'POST', body: 'x' });
    assert.deepEqual([status, headers.get('allow')], [405, 'GET, HEAD']);
  });

  const origins: [string, string, 'open' | 'close'][] = [
    ['a page of our own host', 'own', 'open'],
    ['a page of an allowed origin', 'https://friend.example', 'open'],
    ['a page of another origin', 'https://evil.example', 'close'],
    ['a page of another port', `http://${host}:1`, 'close'],
    ['a page without an origin of its own', 'null', 'close'],
  ];
  for (const [who, origin, expected] of origins) {
    it(`${who} ${expected === 'open' ? 'may connect' : 'is refused'}`, async () => {
      const own = `http://${host}:${chat.port}`;
      const { socket, outcome } = await connect({ origin: origin === 'own' ? own : origin });
      socket.close();
      assert.equal(outcome, expected);
    });
  }

  it('a binary message is closed with 1003', async () => {
    const { socket } = await connect();
    socket.send(new Uint8Array([1]));
    assert.equal(await closeCode(socket), 1003);
  });

  it('a message that is too long is closed with 1009', async () => {
    const { socket } = await connect();
    socket.send(JSON.stringify({ type: 'say', id: key, text: 'x'.repeat(20_000) }));
    assert.equal(await closeCode(socket), 1009);
  });

  it('whoever gives no name in time is closed with 4010', async () => {
    const impatient = await startChat({ host, port: 0, joinTimeoutMs: 1 });
    const socket = new WebSocket(`ws://${host}:${impatient.port}/chat`);
    assert.equal(await closeCode(socket), 4010);
    await impatient.close();
  });

  it('whoever joined may stay', async () => {
    const chat = await startChat({ host, port: 0, joinTimeoutMs: 200 });
    const url = `ws://${host}:${chat.port}/chat`;
    const ada = new WebSocket(url);
    await once(ada, 'open');
    ada.send(JSON.stringify({ type: 'join', name: 'Ada', key }));
    const [event] = await once(ada, 'message');
    assert.equal(JSON.parse(event.data).type, 'welcome');
    // Came later, and its time is over now.
    assert.equal(await closeCode(new WebSocket(url)), 4010);
    assert.equal(ada.readyState, WebSocket.OPEN);
    await chat.close();
  });

  it('rejects when its port is taken', async () => {
    await assert.rejects(startChat({ host, port: chat.port }), { code: 'EADDRINUSE' });
  });
});
