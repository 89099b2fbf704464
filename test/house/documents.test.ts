import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, it } from 'node:test';
import { clientLimitDefaults } from '../../src/client/index.ts';
import { CloseCode, HandshakeErrorCode, ProtocolErrorCode, RejectionCode } from '../../src/protocol/index.ts';
import { realtimeLimitDefaults } from '../../src/server/index.ts';
import { serverLimitDefaults } from '../../src/websocket/index.ts';
import { resolveServerLimits } from '../../src/websocket/server/server-limits.ts';
import { filesBelow, read, root } from './source-files.ts';

/** The rows of all tables of a document, each cut into its cells. */
function rowsOf(document: string): string[][] {
  return read(document)
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

/** Whether a row begins with the word, be it a name or a method with its parameters. */
function hasRow(document: string, word: string): boolean {
  return rowsOf(document).some(([, first = '']) => first === `\`${word}\`` || first.startsWith(`\`${word}(`));
}

/** The members of an interface, as its source lists them. */
function membersOf(path: string, name: string): string[] {
  const source = read(path);
  const start = source.search(new RegExp(`^export interface ${name}\\b`, 'm'));
  assert.notEqual(start, -1, `${path} declares no ${name}`);
  const body = source.slice(start, source.indexOf('\n}', start));
  return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(<]/gm)].map(([, member]) => member as string);
}

/** The public methods and properties of a class that are not made for its own floor. */
function publicMembersOf(path: string, name: string): string[] {
  const source = read(path);
  const start = source.search(new RegExp(`^export class ${name}\\b`, 'm'));
  assert.notEqual(start, -1, `${path} declares no ${name}`);
  const body = source.slice(start, source.indexOf('\n}', start));
  return [...body.matchAll(/^ {2}(?:readonly |get |async )?(\w+)(?:<[^>(]*>*)?[(:]/gm)]
    .map(([, member]) => member as string)
    .filter((member) => !['constructor', 'push', 'handledPosition', 'if', 'for'].includes(member));
}

/** The members of a union of strings, as its source lists them. */
function unionOf(path: string, name: string): string[] {
  const source = read(path);
  const start = source.indexOf(`export type ${name} =`);
  assert.notEqual(start, -1, `${path} declares no ${name}`);
  return [...source.slice(start, source.indexOf(';', start)).matchAll(/\| '(\w+)'/g)].map(
    ([, member]) => member as string,
  );
}

const errors = 'docs/reference/errors.md';
const handshake = 'docs/reference/handshake.md';

describe('docs/reference/errors.md', () => {
  for (const [code, closeCode] of Object.entries(ProtocolErrorCode)) {
    it(`has a row for ${code}, with its close code`, () => {
      const row = rowsOf(errors).find(([, first]) => first === `\`${code}\``);
      assert.equal(row?.[2], String(closeCode));
    });
  }
  for (const code of unionOf('src/websocket/errors.ts', 'ConnectionErrorCode')) {
    it(`has a row for ${code}`, () => assert.ok(hasRow(errors, code)));
  }
});

describe('docs/reference/handshake.md', () => {
  for (const code of [...Object.keys(RejectionCode), ...Object.keys(HandshakeErrorCode)]) {
    it(`has a row for ${code}`, () => assert.ok(hasRow(handshake, code) || hasRow(errors, code)));
  }
});

describe('docs/reference/close-codes.md', () => {
  for (const [name, code] of Object.entries(CloseCode)) {
    it(`has a row for ${code}, ${name}`, () => {
      const rows = rowsOf('docs/reference/close-codes.md');
      assert.ok(rows.some(([, first, second]) => first === String(code) && second === `\`${name}\``));
    });
  }
});

describe('docs/reference/options.md', () => {
  const interfaces: [path: string, name: string][] = [
    ['src/websocket/connection/connection-options.ts', 'KeepaliveOptions'],
    ['src/websocket/connection/connection-options.ts', 'ConnectionOptions'],
    ['src/websocket/server/server-options.ts', 'WebSocketServerOptions'],
    ['src/websocket/deflate/deflate-options.ts', 'DeflateOptions'],
    ['src/protocol/extension/permessage-deflate.ts', 'PermessageDeflateOptions'],
  ];
  for (const [path, name] of interfaces) {
    for (const member of membersOf(path, name)) {
      it(`has a row for ${name}.${member}`, () =>
        assert.ok(
          ['', 'keepalive.', 'perMessageDeflate.'].some((group) =>
            hasRow('docs/reference/options.md', group + member),
          ),
        ));
    }
  }
});

describe('docs/reference/limits.md', () => {
  it('is what scripts/limits-page.mjs makes of the code', () => {
    const { status, stderr } = spawnSync(process.execPath, [
      join(root, 'scripts/limits-page.mjs'),
      '--check',
    ]);
    assert.equal(status, 0, String(stderr));
  });

  for (const name of new Set(
    Object.keys({ ...resolveServerLimits({}), ...realtimeLimitDefaults, ...clientLimitDefaults }),
  )) {
    it(`has a row for ${name}`, () => assert.ok(hasRow('docs/reference/limits.md', name)));
  }

  it('tells the defaults of the code', () => {
    for (const defaults of [serverLimitDefaults, realtimeLimitDefaults, clientLimitDefaults]) {
      for (const [name, value] of Object.entries(defaults)) {
        const rows = rowsOf('docs/reference/limits.md').filter(([, first]) => first === `\`${name}\``);
        const told = rows.map((row) => row[3]?.split(/[ ,;]/, 1)[0]?.replaceAll('_', ''));
        assert.ok(told.includes(String(value)), `${name}: ${told}`);
      }
    }
  });
});

describe('docs/reference/server.md', () => {
  for (const member of membersOf('src/websocket/connection/connection.ts', 'Connection')) {
    it(`has a row for connection.${member}`, () => assert.ok(hasRow('docs/reference/server.md', member)));
  }
  for (const member of membersOf('src/websocket/connection/connection.ts', 'ConnectionHandlers')) {
    it(`has a row for the handler ${member}`, () => assert.ok(hasRow('docs/reference/server.md', member)));
  }
});

describe('docs/reference/client.md', () => {
  for (const [path, name] of [
    ['src/websocket/client/client-options.ts', 'ClientOptions'],
    ['src/websocket/whatwg/connection-stream.ts', 'ConnectionStream'],
  ] as const) {
    for (const member of membersOf(path, name)) {
      it(`has a row for ${name}.${member}`, () => assert.ok(hasRow('docs/reference/client.md', member)));
    }
  }
});

describe('docs/reference/realtime-client.md', () => {
  const page = 'docs/reference/realtime-client.md';
  for (const [path, name] of [
    ['client-options.ts', 'ClientOptions'],
    ['channel/subscription.ts', 'SubscribeOptions'],
    ['outbox/durable-outbox.ts', 'DurableOutboxOptions'],
  ] as const) {
    for (const member of membersOf(`src/client/${path}`, name)) {
      it(`has a row for ${name}.${member}`, () => assert.ok(hasRow(page, member)));
    }
  }
  for (const [path, name] of [
    ['realtime-client.ts', 'RealtimeClient'],
    ['channel/channel.ts', 'Channel'],
    ['channel/subscription.ts', 'Subscription'],
    ['channel/presence.ts', 'ChannelPresence'],
  ] as const) {
    for (const member of publicMembersOf(`src/client/${path}`, name)) {
      it(`has a row for ${name}.${member}`, () => assert.ok(hasRow(page, member)));
    }
  }
  for (const [name, words] of [
    ['ConnectionState', ['idle', 'connecting', 'open', 'waiting', 'credentials', 'stopped']],
    ['StatusReason', ['network', 'timeout', 'server', 'reset', 'token', 'client']],
    ['a function', ['messages', 'history', 'presence', 'call', 'callStream']],
    ['a hook', ['useConnection', 'useChannel', 'useChannelState', 'usePresence']],
  ] as const) {
    for (const word of words) it(`has a row for ${name} ${word}`, () => assert.ok(hasRow(page, word)));
  }
});

describe('docs/reference/ws-door.md', () => {
  const folder = 'src/websocket/drop-in';
  for (const [file, name] of [
    ['shared-options', 'SharedOptions'],
    ['shared-options', 'PerMessageDeflateOptions'],
    ['socket-options', 'ClientOptions'],
    ['server-options', 'ServerOptions'],
    ['websocket', 'SendOptions'],
    ['websocket', 'WebSocketEvents'],
    ['websocket-server', 'ServerEvents'],
  ] as const) {
    for (const member of membersOf(`${folder}/${file}.ts`, name)) {
      it(`has a row for ${name}.${member}`, () => assert.ok(hasRow('docs/reference/ws-door.md', member)));
    }
  }
});

describe('docs/reference/realtime-server.md', () => {
  const page = 'docs/reference/realtime-server.md';
  const cells = new Set(
    rowsOf(page).flatMap(([, first = '']) =>
      [...first.matchAll(/`(\w+)/g)].map(([, name]) => name as string),
    ),
  );
  const members: [path: string, name: string][] = [
    ['src/server/options.ts', 'RealtimeServerOptions'],
    ['src/server/auth/identity.ts', 'Identity'],
    ['src/server/auth/authentication-request.ts', 'AuthenticationRequest'],
    ['src/server/auth/jwt.ts', 'JwtOptions'],
    ['src/server/calls/call-handlers.ts', 'CallContext'],
    ['src/server/metrics.ts', 'RealtimeMetrics'],
  ];
  for (const [path, name] of members) {
    for (const member of membersOf(path, name)) {
      it(`has a row for ${name}.${member}`, () => assert.ok(cells.has(member)));
    }
  }
  const source = read('src/server/realtime-server.ts');
  const start = source.indexOf('export class RealtimeServer');
  const body = source.slice(start, source.indexOf('\n}', start));
  for (const [, member = ''] of body.matchAll(/^ {2}(?:readonly |async |get )?([a-z]\w*)[(:<]/gm)) {
    if (member === 'constructor') continue;
    it(`has a row for realtime.${member}`, () => assert.ok(cells.has(member)));
  }
});

describe('links in the documents', () => {
  const documents = filesBelow('.').filter((path) => path.endsWith('.md'));
  for (const path of documents) {
    it(`of ${path} lead to files that exist`, () => {
      for (const [, target = ''] of read(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const file = posix.join(posix.dirname(path), target);
        assert.ok(existsSync(join(root, file)), `${target} is missing`);
      }
    });
  }
});
