// Attacks on the opening handshake under TLS.

import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { buildFrame, exampleKey } from '../../protocol/frame-bytes.ts';
import type { RawClient } from '../../websocket/raw-client.ts';
import type { Attack } from '../attack.ts';
import { countCut, failed, isCut, statusOf, verdict } from './outcome.ts';
import { requestTo } from './request.ts';

/** What a client says first. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer) => resolve(chunk),
    });
    connect({ socket: wire, servername: 'localhost' }).on('error', () => undefined);
  });
}

export const tlsAttacks: readonly Attack[] = [
  {
    name: 'cut-at-every-byte-tls',
    group: 'handshake',
    about:
      'ends, or resets, the connection after every byte of a TLS handshake, and of a handshake and a frame under it',
    victim: { tls: true },
    needs: 'own-process',
    // Each has keys to agree on.
    maxGrowthMiB: 96,
    async run(attacker) {
      const hello = await clientHello();
      for (let length = 0; length <= hello.length; length += 1) {
        const [ended, reset] = await Promise.all([attacker.connect(), attacker.connect()]);
        ended.socket.end(hello.subarray(0, length));
        reset.socket.write(hello.subarray(0, length), () => reset.reset());
        ended.socket.resume();
        if (!(await isCut(ended))) return failed(`kept a connection that ended after ${length} bytes of TLS`);
        await isCut(reset);
      }
      const bytes = Buffer.concat([
        Buffer.from(requestTo(attacker), 'latin1'),
        buildFrame({ opcode: 1, payload: Buffer.from('hello'), maskingKey: exampleKey }),
      ]);
      for (let length = 0; length <= bytes.length; length += 1) {
        const client = await attacker.connectTls();
        if (length % 2 === 0) client.socket.end(bytes.subarray(0, length));
        else client.socket.write(bytes.subarray(0, length), () => client.socket.destroy());
        client.socket.resume();
        if (!(await isCut(client))) return failed(`kept a connection that ended after ${length} bytes`);
      }
      const last = await attacker.connectTls();
      last.socket.write(requestTo(attacker), 'latin1');
      const status = await statusOf(last);
      return verdict(status === 101, `${2 * (hello.length + 1) + bytes.length + 1} cuts, then ${status}`);
    },
  },
  {
    name: 'half-open-tls',
    group: 'handshake',
    about: 'begins 1 500 TLS handshakes and ends none of them',
    victim: { tls: true },
    needs: 'own-process',
    // Some 70 KiB each, of the 1 000 that one address may begin at a time.
    maxGrowthMiB: 112,
    // The system hands over all who knock in one turn, and a TLS socket takes a while to make.
    maxDelayMs: 50,
    counter: 'maxHandshakesPerAddress',
    async run(attacker) {
      const clients: RawClient[] = [];
      while (clients.length < 1_500) {
        clients.push(...(await Promise.all(Array.from({ length: 100 }, () => attacker.connect()))));
      }
      for (const { socket } of clients)
        if (socket.writable) socket.write('\x16\x03\x01\x02\x00\x01', 'latin1');
      const cut = await countCut(clients);
      return verdict(cut === 1_500, `${cut} of 1 500 cut`);
    },
  },
];
