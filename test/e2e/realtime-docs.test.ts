// The snippets about the realtime server compile in strict mode, and the program of the JWT how-to lets a token in.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { WebSocket } from '../../src/websocket/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

async function snippetsOf(document: string): Promise<string[]> {
  const text = await readFile(join(root, document), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, source]) => source!);
}

const contract = `
import { defineCall, defineChannel, defineContract } from 'tidewire/channel';
import { z } from 'zod';
export const contract = defineContract({
  title: 'Docs',
  version: '1.0.0',
  channels: {
    chat: defineChannel('chat:{id}', {
      class: 'log',
      payload: z.object({ text: z.string() }),
      allow: { subscribe: 'authenticated', publish: 'authenticated' },
    }),
  },
});
export const calls = defineContract({
  title: 'Docs',
  version: '1.0.0',
  channels: {},
  calls: {
    search: defineCall({ input: z.string(), output: z.array(z.string()), allow: 'anyone' }),
    ticks: defineCall({ input: z.string(), output: z.number(), stream: true, allow: 'anyone' }),
  },
});
`;

/** What a snippet of a page takes for granted. */
const around: Record<string, string> = {
  'docs/reference/realtime-server.md 2': `
import { createRealtime } from 'tidewire/server';
import { calls as contract } from './contract.ts';
declare function find(query: string, subject: string | undefined): string[];
declare function feed(symbol: string, signal: AbortSignal): AsyncIterable<number>;
declare const log: { info(fields: object, message: string): void };
`,
  'docs/howto/jwt.md 2': `
import { type Authenticate, jwt } from 'tidewire/server';
declare const secret: string;
declare const blocked: Set<string>;
`,
};

describe('documents of the realtime server', () => {
  let folder: string;
  before(async () => {
    // Inside the package, so that its own name resolves as it does for a user.
    await mkdir(join(root, 'dist/test/e2e'), { recursive: true });
    folder = await mkdtemp(join(root, 'dist/test/e2e/realtime-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('show what compiles, and a server that lets in who has a token of the issuer', async (test) => {
    await writeFile(join(folder, 'contract.ts'), contract);
    const files = ['contract.ts'];
    for (const document of ['docs/reference/realtime-server.md', 'docs/howto/jwt.md']) {
      for (const [index, source] of (await snippetsOf(document)).entries()) {
        const name =
          /^\/\/ (\S+\.ts)\n/.exec(source)?.[1] ?? `${document.replaceAll(/\W/g, '-')}-${index + 1}.ts`;
        const before = around[`${document} ${index + 1}`] ?? '';
        await writeFile(
          join(folder, name),
          `${before}${source.replace('port: 8080', 'port: 0')}\nexport {};\n`,
        );
        files.push(name);
      }
    }
    const options =
      '--ignoreConfig --strict --target es2023 --module nodenext --types node --skipLibCheck --noEmitOnError --rewriteRelativeImportExtensions';
    await promisify(execFile)(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), ...options.split(' '), ...files],
      { cwd: folder },
    ).catch((error: { stdout: string }) => assert.fail(error.stdout));

    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const keys = [{ ...(await exportJWK(publicKey)), kid: '1', alg: 'ES256' }];
    const issuer = createServer((_request, response) => response.end(JSON.stringify({ keys })));
    issuer.listen(0, '127.0.0.1');
    await once(issuer, 'listening');
    test.after(() => issuer.close());
    const child = spawn(process.execPath, [join(folder, 'jwt-server.js')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/` },
    });
    test.after(() => child.kill());
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const port = /^listening on port (\d+)$/.exec(line)?.[1];

    const greet = async (audience: string): Promise<unknown> => {
      const token = await new SignJWT({ sub: 'ada' })
        .setProtectedHeader({ alg: 'ES256', kid: '1' })
        .setIssuer('https://login.example.com')
        .setAudience(audience)
        .setExpirationTime('1m')
        .sign(privateKey);
      const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'tidewire.v1.json');
      test.after(() => socket.close());
      return new Promise((resolve) => {
        socket.onopen = () => socket.send(JSON.stringify({ t: 'hello', id: 1, v: 1, auth: token }));
        socket.onmessage = ({ data }) => resolve(JSON.parse(data as string).t);
        socket.onclose = ({ code }) => resolve(code);
      });
    };
    assert.equal(await greet('chat'), 'welcome');
    assert.equal(await greet('mail'), 4401);
  });
});
