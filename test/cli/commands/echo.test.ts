import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Tidewire } from '../tidewire.ts';

const startEcho = async (...args: string[]) => {
  const command = new Tidewire(['echo', '--port', '0', '--json', ...args]);
  return { command, url: String((await command.json()).url) };
};
const connect = (...args: string[]) => new Tidewire(['connect', '--json', ...args], { input: '' });

describe('tidewire echo', () => {
  let echo: Awaited<ReturnType<typeof startEcho>>;
  before(async () => {
    echo = await startEcho();
  });
  after(() => echo.command.stop());

  it('sends text back', async () => {
    const client = connect(echo.url, '-x', 'hello');
    assert.equal((await client.json()).event, 'open');
    const { data, binary } = await client.json();
    assert.deepEqual({ data, binary }, { data: 'hello', binary: false });
    await client.stop('SIGINT');
  });

  it('sends a message of many mebibytes back', async () => {
    const long = 'tide'.repeat(2 ** 21);
    const client = new Tidewire(['connect', echo.url], { input: `${long}\n` });
    const line = await client.line();
    assert.equal(line?.length, long.length);
    assert.ok(line === long);
    await client.stop('SIGINT');
  });
});

describe('tidewire echo with limits', () => {
  it('--max-message-bytes closes a longer message with 1009', async () => {
    const { command, url } = await startEcho('--max-message-bytes', '10');
    const fits = connect(url, '-x', '0123456789');
    await fits.json();
    assert.equal((await fits.json()).data, '0123456789');
    await fits.stop('SIGINT');
    const { code, stdout } = await connect(url, '-x', '0123456789a', '-w', '60').end();
    assert.equal(code, 3);
    assert.equal(JSON.parse(stdout.at(-1) ?? '').code, 1009);
    assert.equal(await command.stop(), 0);
  });

  it('--broadcast sends a message to everyone', async () => {
    const { command, url } = await startEcho('--broadcast');
    const listener = new Tidewire(['connect', '--json', url]);
    await listener.json();
    const speaker = connect(url, '-x', 'to all');
    assert.equal((await listener.json()).data, 'to all');
    await speaker.stop('SIGINT');
    await listener.stop('SIGINT');
    await command.stop();
  });

  it('ends by saying goodbye to those who are connected', async () => {
    const { command, url } = await startEcho();
    const client = new Tidewire(['connect', '--json', url]);
    await client.json();
    assert.equal(await command.stop('SIGTERM'), 0);
    const { code, stdout } = await client.end();
    const { event, code: closeCode } = JSON.parse(stdout[0] ?? '');
    assert.deepEqual({ event, closeCode, code }, { event: 'close', closeCode: 1001, code: 0 });
  });
});
