// The guide's programs, and the snippets of the how-to from Socket.IO, compile in strict mode and do what they say.

import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const documents = ['docs/guide/first-channel.md', 'docs/howto/from-socket-io.md'];

/** A program of the guide, line by line. */
class Running {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(test: TestContext, folder: string, parameters: readonly string[]) {
    this.child = spawn(process.execPath, parameters, { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
    test.after(() => this.child.kill());
    this.#lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  type(line: string): void {
    this.child.stdin!.write(`${line}\n`);
  }

  /** Reads on until this line has come. */
  async says(line: string): Promise<void> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      assert.notEqual(done, true, `it ended before it said ${line}`);
      if (value === line) return;
    }
  }

  /** Whatever it says of its own affairs in parentheses, but for gaps, the next line is this one. */
  async saysNext(line: string): Promise<void> {
    for (;;) {
      const { done, value } = await this.#lines.next();
      assert.notEqual(done, true, `it ended before it said ${line}`);
      if (value === line) return;
      assert.match(value as string, /^\((?:live|stored)/);
    }
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGINT');
    await exited;
  }
}

describe('guide', () => {
  let folder: string;
  let port: number;

  before(async () => {
    // Inside the package, so that its own name resolves as it does for a user.
    await mkdir(join(root, 'dist/test/e2e'), { recursive: true });
    folder = await mkdtemp(join(root, 'dist/test/e2e/guide-'));
    port = await freePort();
    const files: string[] = [];
    for (const document of documents) {
      const text = await readFile(join(root, document), 'utf8');
      for (const [index, match] of [...text.matchAll(/```ts\n([\s\S]*?)```/g)].entries()) {
        const source = match[1]!.replaceAll('8080', String(port));
        const name =
          /^\/\/ (\S+\.ts)\n/.exec(source)?.[1] ?? `${document.replaceAll(/\W/g, '-')}-${index}.ts`;
        await writeFile(join(folder, name), source);
        files.push(name);
      }
    }
    const options =
      '--ignoreConfig --strict --target es2023 --lib es2023,dom --module nodenext --types node --skipLibCheck --noEmitOnError --rewriteRelativeImportExtensions';
    await promisify(execFile)(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options.split(' '), ...files],
      { cwd: folder },
    ).catch((error: { stdout: string }) => assert.fail(error.stdout));
  });
  after(() => rm(folder, { recursive: true }));

  it('has programs that talk, and lose nothing when the server is stopped and started', async (test) => {
    const start = (name: string, ...parameters: string[]): Running =>
      new Running(test, folder, [`${name}.js`, ...parameters]);
    const inMemory = start('server');
    await inMemory.says(`listening on port ${port}`);
    const [ada, grace] = [start('client', 'ada'), start('client', 'grace')];
    for (const client of [ada, grace]) await client.says('(live)');
    ada.type('hello');
    await grace.says('ada: hello');
    await ada.says('(stored as number 2)');

    await inMemory.stop();
    const durable = start('durable-server');
    await durable.says(`listening on port ${port}`);
    for (const client of [ada, grace]) await client.says('(something was missed: epoch)');
    for (const client of [ada, grace]) await client.says('(live)');
    await durable.stop();
    ada.type('one');
    ada.type('two');
    const again = start('durable-server');
    await again.says(`listening on port ${port}`);
    // Reading the next line that is a message, and not on to this one: nothing is left out, and no gap is told.
    for (const client of [ada, grace]) {
      await client.saysNext('ada: one');
      await client.saysNext('ada: two');
    }
  });

  it('lets the compiler notice what the guide says it does', async () => {
    await writeFile(
      join(folder, 'mistakes.ts'),
      `import { connect } from 'tidewire/client';
import { contract } from './contract.ts';
const client = connect('ws://127.0.0.1:1', { contracts: contract });
// @ts-expect-error: no such channel
client.channel('chat42');
const chat = client.channel('chat:42');
// @ts-expect-error: no such field
chat.subscribe(({ data }) => console.log(data.txt));
// @ts-expect-error: no such field
void chat.publish({ txt: '' });
`,
    );
    const options =
      '--ignoreConfig --strict --target es2023 --lib es2023,dom --module nodenext --types node --skipLibCheck --noEmit --allowImportingTsExtensions';
    await promisify(execFile)(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options.split(' '), 'mistakes.ts'],
      { cwd: folder },
    ).catch((error: { stdout: string }) => assert.fail(error.stdout));
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
