// A secret goes to `tidewire connect` in every way that it takes one. It prints none of them, with and without `--json`.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { reject, WebSocketServer } from 'tidewire/websocket';
import { Tidewire } from '../cli/tidewire.ts';
import { secret, Witness } from './witness.ts';

describe('tidewire connect', () => {
  let server: WebSocketServer;
  let authority: string;

  before(async () => {
    server = new WebSocketServer({
      port: 0,
      upgrade: ({ path, protocols: [protocol] }) =>
        path === '/private' ? reject(401, 'say who you are') : protocol === undefined ? {} : { protocol },
      message: (connection) => connection.close(1000, 'done'),
    });
    await server.listening;
    authority = `127.0.0.1:${server.address()?.port}`;
  });
  after(() => server.close({ timeoutMs: 1_000 }));

  const given = ['-H', `Authorization: Bearer ${secret}`, '-H', `Cookie: session=${secret}`, '-x', 'hello'];

  const ways: readonly (readonly [what: string, code: number, args: () => string[]])[] = [
    ['that succeeds', 0, () => [`ws://ann:${secret}@${authority}/?token=${secret}`, ...given]],
    ['with --auth', 0, () => [`ws://${authority}/`, '--auth', `ann:${secret}`, '-x', 'hello']],
    ['that is refused', 1, () => [`ws://ann:${secret}@${authority}/private?token=${secret}`, ...given]],
    ['that finds nobody', 1, () => [`ws://ann:${secret}@127.0.0.1:1/?token=${secret}`, ...given]],
    [
      'with no TLS at the other end',
      1,
      () => [`wss://ann:${secret}@${authority}/?token=${secret}`, ...given],
    ],
    ['to what is no URL', 2, () => [`ws://ann:${secret}@a b/?token=${secret}`, ...given]],
    ['to another scheme', 2, () => [`mailto://ann:${secret}@a/?token=${secret}`, ...given]],
    ['to a fragment', 2, () => [`ws://ann:${secret}@a/?token=${secret}#x`, ...given]],
    ['with a header that is none', 2, () => [`ws://${authority}/`, '-H', secret]],
    [
      'with a header that cannot be sent',
      2,
      () => [`ws://${authority}/`, '-H', `Authorization: ${secret}\nx`],
    ],
    ['with an --auth that is none', 2, () => [`ws://${authority}/`, '--auth', secret]],
  ];
  for (const [what, expected, args] of ways) {
    for (const flags of [[], ['--json']]) {
      it(`${what}${flags.length > 0 ? ' and --json' : ''} prints no secret`, async () => {
        const { code, stdout, stderr } = await new Tidewire(['connect', ...args(), ...flags]).end();
        const witness = new Witness();
        witness.see(stdout.join('\n'), 'the standard output');
        witness.see(stderr, 'the standard error');
        assert.equal(code, expected, stderr);
      });
    }
  }
});
