import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { reject, type UpgradeRequest, WebSocketServer } from '../../../src/websocket/index.ts';
import { main, Tidewire } from '../tidewire.ts';

const connect = (args: string[], input?: string) =>
  new Tidewire(['connect', ...args], input === undefined ? {} : { input });

describe('tidewire connect', () => {
  /** The last request that the server saw. */
  let request: UpgradeRequest | undefined;
  let server: WebSocketServer;
  let url: string;

  before(async () => {
    server = new WebSocketServer({
      port: 0,
      allowedOrigins: '*',
      upgrade(asked) {
        request = asked;
        if (asked.path === '/private') return reject(401, 'say who you are');
        const [protocol] = asked.protocols;
        return protocol === undefined ? {} : { protocol };
      },
      message(connection, data) {
        if (data === 'binary') connection.send(Buffer.from([0, 255, 16]));
        else if (data === 'fail') connection.close(1011, 'broken');
        else if (data === 'vanish') connection.terminate();
        else if (data === 'bye') connection.close(1000, 'done');
        else connection.send(data);
      },
    });
    await server.listening;
    url = `ws://127.0.0.1:${server.address()?.port}`;
  });
  after(() => server.close({ timeoutMs: 1_000 }));

  it('-x sends one message, prints the answers, and exits', async () => {
    const { code, stdout } = await connect([url, '-x', 'hello', '-w', '0.2']).end();
    assert.deepEqual({ code, stdout }, { code: 0, stdout: ['hello'] });
  });

  it('-w ends early when the server closes', async () => {
    const { code, stdout } = await connect([url, '-x', 'bye', '-w', '100000', '--json']).end();
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout.at(-1) ?? ''), { event: 'close', code: 1000, reason: 'done' });
  });

  it('a pipe sends each line as a message, slashes too, and prints each answer as a line', async () => {
    const { code, stdout } = await connect([url, '-w', '60'], 'one\n/two\n{"three": 3}\nbye\n').end();
    assert.deepEqual({ code, stdout }, { code: 0, stdout: ['one', '/two', '{"three": 3}'] });
  });

  it('binary is printed as hex', async () => {
    const { stdout } = await connect([url, '-w', '60'], 'binary\nbye\n').end();
    assert.deepEqual(stdout, ['00ff10']);
  });

  it('--json tells every event', async () => {
    const { stdout } = await connect([url, '--json', '-s', 'chat', '-w', '60'], 'hello\nbinary\nbye\n').end();
    const events = stdout.map((line) => JSON.parse(line));
    for (const event of events) {
      delete event.ms;
      delete event.extensions;
    }
    assert.deepEqual(events, [
      { event: 'open', url: `${url}/`, protocol: 'chat' },
      { event: 'message', data: 'hello', binary: false, bytes: 5 },
      { event: 'message', data: '00ff10', binary: true, bytes: 3 },
      { event: 'close', code: 1000, reason: 'done' },
    ]);
  });

  it('headers, subprotocols, origin and authentication reach the server', async () => {
    const flags = [
      '-H',
      'X-Test: a: b',
      '-s',
      'one',
      '-s',
      'two',
      '-o',
      'https://a.example',
      '--auth',
      'ada:x',
    ];
    await connect([url, '-x', 'bye', ...flags]).end();
    assert.equal(request?.headers.get('x-test'), 'a: b');
    assert.deepEqual(request?.protocols, ['one', 'two']);
    assert.equal(request?.origin, 'https://a.example');
    assert.equal(request?.headers.get('authorization'), 'Basic YWRhOng=');
  });

  it('without -o it sends no Origin', async () => {
    await connect([url, '-x', 'bye']).end();
    assert.equal(request?.origin, undefined);
  });

  const failures: [string, string, RegExp][] = [
    ['a server that refuses', '/private', /cannot connect to .*401/],
    ['a port where nobody listens', ':1', /cannot connect to .*ECONNREFUSED/],
  ];
  for (const [what, suffix, advice] of failures) {
    it(`${what} ends it with status 1`, async () => {
      const address = suffix.startsWith(':') ? `ws://127.0.0.1${suffix}` : url + suffix;
      const { code, stdout, stderr } = await connect([address, '-x', 'hello']).end();
      assert.match(stderr, advice);
      assert.deepEqual({ code, stdout }, { code: 1, stdout: [] });
    });
  }

  it('what a server sent commands no terminal from an error either', async (test) => {
    const http = createServer().on('upgrade', (asked, socket) => {
      const accept = createHash('sha1')
        .update(`${asked.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64');
      const head = `HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`;
      socket.end(`${head}Sec-WebSocket-Protocol: \x9b2J\r\n\r\n`, 'latin1');
    });
    await once(http.listen(0, '127.0.0.1'), 'listening');
    test.after(() => http.close());
    const { port } = http.address() as AddressInfo;
    const { stderr } = await connect([`ws://127.0.0.1:${port}`, '-x', 'hello']).end();
    assert.match(stderr, /server chose the subprotocol "\\x9b2J"/);
  });

  for (const [message, closeCode] of [
    ['fail', 1011],
    ['vanish', 1006],
  ] as const) {
    it(`an end with ${closeCode} gives status 3`, async () => {
      const { code, stdout } = await connect([url, '-x', message, '-w', '60', '--json']).end();
      assert.equal(JSON.parse(stdout.at(-1) ?? '').code, closeCode);
      assert.equal(code, 3);
    });
  }

  it('Ctrl+C closes the connection and gives status 130', async () => {
    const client = connect([url, '--json']);
    await client.json();
    client.process.kill('SIGINT');
    const { code, stdout } = await client.end();
    assert.equal(JSON.parse(stdout.at(-1) ?? '').code, 1000);
    assert.equal(code, 130);
  });

  it('a reader who leaves early is no error', async () => {
    const client = connect([url], 'one\ntwo\n');
    assert.equal(await client.line(), 'one');
    client.process.stdout?.destroy();
    assert.deepEqual(await client.exited, { code: 0, stderr: '' });
  });
});

describe('tidewire connect on a terminal', () => {
  const script = '/usr/bin/script';
  const skip = existsSync(script) ? false : 'it needs the command "script", which gives a program a terminal';

  it('shows messages, answers commands and respects NO_COLOR', { skip }, async () => {
    const server = new WebSocketServer({
      port: 0,
      message: (connection, data) => void connection.send(data),
    });
    await server.listening;
    const url = `ws://127.0.0.1:${server.address()?.port}`;
    const session = spawn(script, ['-qefc', `${process.execPath} ${main} connect ${url}`, '/dev/null'], {
      env: { ...process.env, NO_COLOR: '1', TERM: 'xterm' },
    });
    let screen = '';
    const exited = once(session, 'close');
    /** Waits until the screen shows it; fails if the command ends without. */
    const shows = async (pattern: RegExp) => {
      while (!pattern.test(screen)) {
        const ended = await Promise.race([once(session.stdout, 'data'), exited.then(() => 'ended')]);
        assert.ok(ended !== 'ended' || pattern.test(screen), `no ${pattern} on the screen: ${screen}`);
      }
    };
    session.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
    });

    await shows(/connected to ws:.* ms\)/);
    session.stdin.write('{"a":1}\n');
    await shows(/< \{\r\n {2}"a": 1\r\n\} [\d.]+ ms/);
    session.stdin.write('/ping tide\n');
    await shows(/< pong tide [\d.]+ ms/);
    session.stdin.write('/nonsense\n');
    await shows(/\/nonsense is no command/);
    session.stdin.write('/close 4001 enough\n');
    await shows(/closed \(4001\)/);
    assert.deepEqual(await exited, [0, null]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are escape sequences that end with m
    assert.doesNotMatch(screen, /\u001b\[\d+m/);
    await server.close();
  });
});
