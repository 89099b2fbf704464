import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { call, connect, history } from 'tidewire/client';
import { WebSocket } from 'tidewire/websocket';
import { chatContract, writeCredential } from '../../../examples/chat/chat-contract.ts';
import { type Chat, startChat } from '../../../examples/chat/chat-server.ts';
import { openSqliteBroker } from '../../../examples/chat/chat-store.ts';

const host = '127.0.0.1';
const id = (letter: string): string => letter.repeat(16);

/** Of a page with this name and key. */
function connectTo(chat: Chat, name: string, key = id(name.charAt(0))) {
  return connect(`ws://${host}:${chat.port}/realtime`, {
    contracts: chatContract,
    token: writeCredential({ key, name }),
    WebSocket,
  });
}

type Client = ReturnType<typeof connectTo>;

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('chat server', () => {
  let chat: Chat;
  const clients: Client[] = [];
  before(async () => {
    chat = await startChat({ host, port: 0, allowedOrigins: ['https://friend.example'] });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  after(() => chat.close());

  const join = (name: string, key?: string): Client => {
    const client = connectTo(chat, name, key);
    clients.push(client);
    return client;
  };
  const fetchPage = (path: string, init?: RequestInit) => fetch(`http://${host}:${chat.port}${path}`, init);

  const files: [string, string][] = [
    ['/', 'text/html'],
    ['/chat.css', 'text/css'],
    ['/icon.svg', 'image/svg+xml'],
    ['/modules/examples/chat/page/chat.js', 'text/javascript'],
    ['/modules/examples/chat/chat-contract.js', 'text/javascript'],
    ['/modules/src/client/index.js', 'text/javascript'],
  ];
  for (const [path, type] of files) {
    it(`serves ${path} as ${type}, under a strict policy`, async () => {
      const { status, headers } = await fetchPage(path);
      assert.equal(status, 200);
      assert.equal(headers.get('content-type')?.split(';')[0], type);
      assert.match(
        headers.get('content-security-policy') ?? '',
        /^default-src 'none'; script-src 'self' 'sha256-[\w+/]{43}=';/,
      );
      assert.equal(headers.get('x-content-type-options'), 'nosniff');
    });
  }

  for (const path of [
    '/none',
    '/../package.json',
    '/%2e%2e/%2e%2e/package.json',
    '/modules/package.json',
    '/modules/src/server/index.js',
    '/modules/src/client/../server/index.js',
    '/modules/src/client/%2e%2e/server/index.js',
    '/modules/src/client/.tsbuildinfo',
    '/%00',
    '/%',
    '//',
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
      const headers = { origin: origin === 'own' ? `http://${host}:${chat.port}` : origin };
      const socket = new WebSocket(`ws://${host}:${chat.port}/realtime`, ['tidewire.v1.json'], { headers });
      const [event] = await Promise.race([once(socket, 'open'), once(socket, 'close')]);
      socket.close();
      assert.equal(event.type, expected);
    });
  }

  it('has channels to begin with, and takes another', async () => {
    const ada = join('Ada');
    const names = new Set<string>();
    const hasAll = deferred();
    ada.channel('channels').subscribe(({ data }) => {
      names.add(data.name);
      if (names.size === 4) hasAll.resolve();
    });
    await ada.channel('channels').publish({ name: 'tides' });
    await hasAll.promise;
    assert.deepEqual([...names].sort(), ['general', 'help', 'random', 'tides']);
    await ada.channel('messages:tides').publish({ type: 'said', id: id('t'), name: 'Ada', text: 'hello' });
  });

  it('lets nobody speak under another name, or where there is no channel', async () => {
    const ada = join('Ada');
    const forbidden = { code: 'forbidden' };
    const event = { type: 'said', id: id('x'), text: 'hello' } as const;
    const general = ada.channel('messages:general');
    await assert.rejects(general.publish({ ...event, name: 'Grace' }), forbidden);
    const nowhere = ada.channel('messages:nowhere');
    await assert.rejects(nowhere.publish({ ...event, name: 'Ada' }), forbidden);
  });

  it('knows a person by the key, whom nobody can imitate by name', async () => {
    const subjects = await Promise.all(
      [join('Ada', id('1')), join('Ada', id('1')), join('Ada', id('2'))].map(async (client) => {
        return (await call(client, 'me', {})).subject;
      }),
    );
    assert.equal(subjects[0], subjects[1]);
    assert.notEqual(subjects[0], subjects[2]);
    assert.ok(!subjects[0]!.includes(id('1')));
  });

  it('refuses whoever gives no name', async () => {
    const nobody = connect(`ws://${host}:${chat.port}/realtime`, { token: 'nobody', WebSocket });
    const refused = deferred();
    nobody.onState(({ state }) => {
      if (state === 'stopped') refused.resolve();
    });
    await refused.promise;
    assert.equal(nobody.status.reason?.code, 4401);
    nobody.close();
  });

  it('rejects when its port is taken', async () => {
    await assert.rejects(startChat({ host, port: chat.port }), { code: 'EADDRINUSE' });
  });

  it('has every message and channel again after a restart, and goes on behind them', async () => {
    const folder = mkdtempSync(joinPath(tmpdir(), 'tidewire-chat-'));
    const path = joinPath(folder, 'chat.db');
    const lives: { texts: string[]; offset: number }[] = [];
    for (const life of ['a', 'b']) {
      const lasting = await startChat({ host, port: 0, broker: await openSqliteBroker(path) });
      const ada = connectTo(lasting, 'Ada');
      if (life === 'a') await ada.channel('channels').publish({ name: 'tides' });
      const tides = ada.channel('messages:tides');
      const { offset } = await tides.publish({ type: 'said', id: id(life), name: 'Ada', text: life });
      const { messages } = await history(tides);
      lives.push({ texts: messages.map(({ data }) => data.text), offset });
      ada.close();
      await lasting.close();
    }
    rmSync(folder, { recursive: true });
    assert.deepEqual(lives, [
      { texts: ['a'], offset: 1 },
      { texts: ['a', 'b'], offset: 2 },
    ]);
  });
});
