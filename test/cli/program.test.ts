import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { main, Tidewire } from './tidewire.ts';

const { version } = createRequire(import.meta.url)('tidewire/package.json') as { version: string };
const run = (...args: string[]) => new Tidewire(args, { input: '' }).end();

describe('the command tidewire', () => {
  it('--version prints the version of the package', async () => {
    assert.deepEqual(await run('--version'), { code: 0, stdout: [version], stderr: '' });
  });

  it('--help lists the commands', async () => {
    const { code, stdout } = await run('--help');
    assert.equal(code, 0);
    for (const command of ['serve', 'echo', 'connect']) {
      assert.ok(
        stdout.some((line) => line.trim().startsWith(command)),
        command,
      );
    }
  });

  for (const command of ['serve', 'echo', 'connect']) {
    it(`${command} --help shows examples`, async () => {
      const { code, stdout } = await run(command, '--help');
      assert.equal(code, 0);
      assert.ok(stdout.includes('Examples:'));
    });
  }

  const mistakes: [string, string[], RegExp][] = [
    ['no command', [], /Usage: tidewire/],
    ['an unknown command', ['ecko'], /unknown command 'ecko'[\s\S]*Did you mean echo\?/],
    ['an unknown flag', ['echo', '--prot', '1'], /unknown option '--prot'[\s\S]*Did you mean --port\?/],
    ['a port that is no number', ['echo', '--port', '80a'], /whole number from 0 to 65535/],
    ['a port that does not exist', ['serve', '--port', '65536'], /whole number from 0 to 65535/],
    [
      'a certificate without a key',
      ['echo', '--tls-cert', 'cert.pem'],
      /--tls-cert and --tls-key go together/,
    ],
    ['a certificate that is none', ['echo', '--tls-cert', main, '--tls-key', main], /cannot be used: /],
    ['a file that is not there', ['connect', 'wss://127.0.0.1', '--ca', '/none.pem'], /--ca cannot be read/],
    [
      'an origin that is none',
      ['serve', '--allow-origin', 'chat.example'],
      /chat\.example.*is not an origin/,
    ],
    ['an address that is none', ['connect', 'not an address'], /not an address/],
    ['a header without a colon', ['connect', 'ws://127.0.0.1', '-H', 'oops'], /'Name: value'/],
  ];
  for (const [what, args, advice] of mistakes) {
    it(`${what} ends with status 2 and advice`, async () => {
      const { code, stdout, stderr } = await run(...args);
      assert.match(stderr, advice);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: [] });
    });
  }
});
