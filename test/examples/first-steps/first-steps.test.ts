import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket, WebSocketServer } from 'tidewire/websocket';

const folder = fileURLToPath(new URL('../../../examples/first-steps/', import.meta.url));

/** One of the programs, running; `line` gives the next line that it prints. */
class Program {
  static readonly running = new Set<Program>();
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(name: string, ...args: string[]) {
    this.#child = spawn(process.execPath, [`${folder}${name}.js`, ...args], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
    Program.running.add(this);
  }

  async line(): Promise<string> {
    return (await this.#lines.next()).value;
  }

  /** Where a server listens, after it said so. */
  async url(): Promise<string> {
    const [, port] = /^listening on port (\d+)$/.exec(await this.line()) ?? [];
    return `ws://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    Program.running.delete(this);
    if (this.#child.exitCode !== null) return;
    this.#child.kill();
    await once(this.#child, 'close');
  }
}

/** A client whose messages can be awaited one by one. */
class Client {
  readonly socket: WebSocket;
  readonly #messages: unknown[] = [];
  #wake: (() => void) | undefined;

  constructor(url: string) {
    this.socket = new WebSocket(url);
    this.socket.addEventListener('message', ({ data }) => {
      this.#messages.push(data);
      this.#wake?.();
    });
  }

  async opened(): Promise<this> {
    await once(this.socket, 'open');
    return this;
  }

  async message(): Promise<unknown> {
    while (this.#messages.length === 0) await new Promise<void>((wake) => (this.#wake = wake));
    return this.#messages.shift();
  }
}

describe('the shortest programs', () => {
  afterEach(() => Promise.all([...Program.running].map((program) => program.stop())));

  it('echo sends back what it gets', async () => {
    const client = await new Client(await new Program('echo').url()).opened();
    client.socket.send('hello');
    assert.equal(await client.message(), 'hello');
    client.socket.close();
  });

  it('broadcast-chat passes messages on to the others, with names', async () => {
    const url = await new Program('broadcast-chat').url();
    const ada = await new Client(`${url}/?name=Ada`).opened();
    const grace = await new Client(`${url}/?name=Grace`).opened();
    assert.equal(await ada.message(), 'Grace joined');
    grace.socket.send('hello');
    assert.equal(await ada.message(), 'Grace: hello');
    grace.socket.close();
    assert.equal(await ada.message(), 'Grace left');
    ada.socket.close();
  });

  it('broadcast-chat refuses someone without a name', async () => {
    const { socket } = new Client(await new Program('broadcast-chat').url());
    const [event] = await once(socket, 'close');
    assert.equal(event.code, 1006);
  });

  it('json adds numbers, and answers nonsense with an error', async () => {
    const client = await new Client(await new Program('json').url()).opened();
    client.socket.send('{"numbers":[1,2.5]}');
    assert.equal(await client.message(), '{"sum":3.5}');
    client.socket.send('{"numbers":"many"}');
    assert.equal(await client.message(), '{"error":"numbers must be an array"}');
    client.socket.close();
  });

  it('binary sends numbers as an ArrayBuffer and reads them back', async () => {
    const url = await new Program('echo').url();
    assert.equal(await new Program('binary', url).line(), 'received 1.5, 2.5, 3.5');
  });

  it('ping measures the way to a client', async () => {
    const client = new Client(await new Program('ping').url());
    assert.match(String(await client.message()), /^how far\? \d+\.\d ms$/);
    client.socket.close();
  });

  it('reconnect comes back after the server closed', async () => {
    let visits = 0;
    const server = new WebSocketServer({
      port: 0,
      open(connection) {
        visits += 1;
        connection.send(`visit ${visits}`);
        if (visits === 1) connection.close(1012, 'restarting');
      },
    });
    await server.listening;
    const program = new Program('reconnect', `ws://127.0.0.1:${server.address()?.port}`);
    assert.equal(await program.line(), 'connected');
    assert.equal(await program.line(), 'received visit 1');
    assert.match(await program.line(), /^closed with 1012, next attempt in \d+ ms$/);
    assert.equal(await program.line(), 'connected');
    assert.equal(await program.line(), 'received visit 2');
    await program.stop();
    await server.close();
  });
});
