import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const readme = await readFile(join(root, 'README.md'), 'utf8');

/** The programs of the README, by the file name in their first line. */
const programs = new Map(
  [...readme.matchAll(/```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)```/g)].map(([, name, source]) => [name!, source!]),
);

describe('README', () => {
  let folder: string;
  const children = new Set<ReturnType<typeof spawn>>();

  before(async () => {
    // Inside the package, so that its own name resolves as it does for a user.
    await mkdir(join(root, 'dist/test/e2e'), { recursive: true });
    folder = await mkdtemp(join(root, 'dist/test/e2e/readme-'));
  });
  after(async () => {
    for (const child of children) child.kill();
    await rm(folder, { recursive: true });
  });

  /** Starts a compiled program; gives its output line by line. */
  const start = (name: string) => {
    const child = spawn(process.execPath, [join(folder, name.replace(/ts$/, 'js'))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.add(child);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return async () => (await lines.next()).value as string;
  };

  /** Writes all programs, to meet on this port, and compiles them. */
  const compile = async (port: number) => {
    for (const [name, source] of programs) {
      await writeFile(join(folder, name), source.replaceAll('8080', String(port)));
    }
    const options =
      '--ignoreConfig --strict --target es2023 --module nodenext --types node --skipLibCheck --noEmitOnError';
    await promisify(execFile)(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options.split(' '), ...programs.keys()],
      { cwd: folder },
    );
  };

  it('shows channels on which a message goes round', async () => {
    await compile(await freePort());
    assert.equal(await start('channels.ts')(), '1 hello');
  });

  it('shows a server and a client that compile in strict mode, and talk', async () => {
    assert.deepEqual([...programs.keys()], ['channels.ts', 'server.ts', 'client.ts']);
    for (const name of ['server.ts', 'client.ts']) {
      assert.ok(programs.get(name)!.trim().split('\n').length <= 15, `${name} is no longer short`);
    }
    const port = await freePort();
    await compile(port);

    const server = start('server.ts');
    assert.equal(await server(), `listening on port ${port}`);
    const ada = start('client.ts');
    assert.equal(await ada(), 'received welcome');
    const grace = start('client.ts');
    assert.equal(await grace(), 'received welcome');
    assert.equal(await ada(), 'received hello');
  });

  it('names only scripts that package.json has, and only doors that it exports', async () => {
    const { scripts, exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    for (const [, script] of readme.matchAll(/npm (?:run )?(start|test|\w+:\w+)/g)) {
      assert.ok(Object.hasOwn(scripts, script!), script);
    }
    for (const [, door] of readme.matchAll(/`tidewire\/([\w/]+)`/g)) {
      assert.ok(Object.hasOwn(exports, `./${door}`), door);
    }
  });

  it('links only to files that are there', () => {
    for (const [, target] of readme.matchAll(/\]\(([^)#:]+)\)/g)) {
      assert.ok(existsSync(join(root, target!)), target);
    }
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
