// The snippets about the client compile in strict mode, and the programs of the guide do what it says.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const guide = 'docs/guide/first-channel.md';
const documents = [
  guide,
  'docs/reference/realtime-client.md',
  'docs/howto/from-socket-io.md',
  'docs/howto/from-ws.md',
];

/** What a snippet takes for granted. */
const around: Record<string, string> = {
  'docs/howto/from-socket-io.md 1': `
declare function userOf(token: string): Promise<string>;
declare function show(who: string | undefined, text: string): void;
declare function markAsSent(): void;
`,
};

async function snippetsOf(document: string): Promise<{ readonly name: string; readonly source: string }[]> {
  const text = await readFile(join(root, document), 'utf8');
  return [...text.matchAll(/```(tsx?)\n([\s\S]*?)```/g)].map(([, kind = '', source = ''], index) => {
    const named = document === guide ? /^\/\/ (\S+\.ts)\n/.exec(source)?.[1] : undefined;
    const before = around[`${document} ${index + 1}`] ?? '';
    return {
      name: named ?? `${document.replaceAll(/\W/g, '-')}-${index + 1}.${kind}`,
      source: `${before}${source}\nexport {};\n`
        .replace('port: 8080', 'port: 0')
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a template in the program that is written
        .replace("'ws://127.0.0.1:8080'", '`ws://127.0.0.1:${process.env.PORT}`'),
    };
  });
}

describe('documents of the client', () => {
  let folder: string;
  before(async () => {
    // Inside the package, so that its own name resolves as it does for a user.
    await mkdir(join(root, 'dist/test/e2e'), { recursive: true });
    folder = await mkdtemp(join(root, 'dist/test/e2e/client-docs-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('show what compiles, and a guide whose programs talk to each other', async (test) => {
    const files: string[] = [];
    for (const document of documents) {
      for (const { name, source } of await snippetsOf(document)) {
        await writeFile(join(folder, name), source);
        files.push(name);
      }
    }
    assert.ok(files.length >= 10, files.join());
    const options =
      '--ignoreConfig --strict --target es2023 --lib es2023,dom,dom.iterable --module nodenext --types node ' +
      '--jsx react-jsx --skipLibCheck --noEmitOnError --rewriteRelativeImportExtensions';
    await promisify(execFile)(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options.split(' '), ...files],
      { cwd: folder },
    ).catch((error: { stdout: string }) => assert.fail(error.stdout));

    const start = (name: string, env: NodeJS.ProcessEnv = {}): AsyncIterator<string> => {
      const child = spawn(process.execPath, [join(folder, name)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...env },
      });
      test.after(() => child.kill());
      return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    };
    const { value: listening } = await start('server.js').next();
    const PORT = /^listening on port (\d+)$/.exec(listening)?.[1];
    const lines = start('client.js', { PORT });
    const missing = new Set(['open', 'here: Ada', 'ada: Hello!', 'published as number 1', 'rolled']);
    while (missing.size > 0) {
      const { value, done } = await lines.next();
      assert.ok(done !== true, `it ended without ${[...missing].join(', ')}`);
      for (const line of missing) if (value.startsWith(line)) missing.delete(line);
    }
  });
});
