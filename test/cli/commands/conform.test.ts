import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type DrivenConstructor, driveClient, readRun } from '../../../src/conformance/index.ts';
import { WebSocket } from '../../../src/websocket/index.ts';
import { type BrokenServer, brokenServer } from '../../conformance/broken-echo.ts';
import { Tidewire } from '../tidewire.ts';

describe('tidewire conform', () => {
  let server: BrokenServer;
  let folder: string;

  before(async () => {
    server = await brokenServer();
    folder = mkdtempSync(join(tmpdir(), 'tidewire-'));
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await server[Symbol.asyncDispose]();
  });
  const file = (name: string) => join(folder, name);

  it('prints a table and ends with 0 where nothing failed', async () => {
    const { code, stdout, stderr } = await new Tidewire([
      'conform',
      server.url,
      '--only',
      'ping.answered',
      '--name',
      'theirs',
    ]).end();
    assert.equal(stderr, '');
    assert.equal(code, 0);
    assert.match(
      stdout.join('\n'),
      /Ping and Pong +7 [\s\S]*theirs: 7 cases against a server over http\/1\.1/,
    );
  });

  it('ends with 4 where a case failed, and writes JSON and HTML', async () => {
    const args = ['--only', 'framing.masking.wrong-text', '--json', file('a.json'), '--html', file('a.html')];
    const { code, stdout, stderr } = await new Tidewire(['conform', server.url, ...args]).end();
    assert.equal(code, 4);
    assert.match(stderr, /^tidewire: ws:.* failed one case of 1\n$/);
    assert.match(stdout.join('\n'), /failed {2}framing\.masking\.wrong-text/);
    assert.equal(readRun(file('a.json')).results[0]?.verdict, 'failed');
    assert.match(readFileSync(file('a.html'), 'utf8'), /<i class="failed"/);
  });

  it('sets runs side by side, from their JSON', async () => {
    const args = ['--only', 'ping.answered.empty', '--json', file('b.json'), '--name', 'second'];
    await new Tidewire(['conform', server.url, ...args]).end();
    const matrix = ['conform', '--html', file('c.html'), '--runs', file('b.json'), file('b.json')];
    assert.equal((await new Tidewire(matrix).end()).code, 0);
    assert.equal(readFileSync(file('c.html'), 'utf8').match(/<b>second<\/b>, server/g)?.length, 2);
  });

  for (const http2 of [false, true]) {
    const transport = http2 ? '--http2' : 'HTTP/1.1';
    it(`tests a client that connects to it, over ${transport}, and ends with its report`, () =>
      testClient(http2));
  }

  async function testClient(http2: boolean): Promise<void> {
    class Client extends WebSocket {
      constructor(url: string) {
        super(url, { http2 });
      }
    }
    const args = ['--listen', '0', '--only', 'ping.answered', '--json', '-', ...(http2 ? ['--http2'] : [])];
    const tidewire = new Tidewire(['conform', ...args]);
    let told = '';
    for await (const chunk of tidewire.process.stderr!) {
      told += chunk;
      if (told.includes('/report')) break;
    }
    const url = /ws:\/\/127\.0\.0\.1:\d+/.exec(told)?.[0] ?? '';
    await driveClient({ url, agent: 'ours', WebSocket: Client as unknown as DrivenConstructor });
    const run = await tidewire.json();
    assert.deepEqual([run.name, run.transport], ['ours', http2 ? 'http/2' : 'http/1.1']);
    assert.equal(
      (run.results as { verdict: string }[]).filter(({ verdict }) => verdict === 'strict').length,
      7,
    );
  }

  it('lists the cases it has', async () => {
    const { stdout } = await new Tidewire(['conform', '--list', '--only', 'ping.answered.empty']).end();
    assert.deepEqual(stdout, [
      'ping.answered.empty\tRFC 6455, 5.5.3\tanswers a Ping (empty) by a Pong with the same payload',
    ]);
  });

  const wrong: readonly [string[], number, RegExp][] = [
    [[], 2, /give the address of a server to test, or --listen/],
    [['http://127.0.0.1'], 2, /is no address of a WebSocket server/],
    [['ws://127.0.0.1:1'], 1, /ws:\/\/127\.0\.0\.1:1\/ cannot be tested: .*ECONNREFUSED/],
    [['ws://me:secret@127.0.0.1:1/?t=secret'], 1, /^tidewire: ws:\/\/127\.0\.0\.1:1\/\?… cannot be tested/],
    [['--runs', '/no/such/file', '--html', '/dev/null'], 1, /\/no\/such\/file cannot be read/],
  ];
  for (const [args, status, message] of wrong) {
    it(`explains "${args.join(' ')}", without secrets`, async () => {
      const { code, stderr } = await new Tidewire(['conform', ...args]).end();
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /secret/);
      assert.equal(code, status);
    });
  }
});
