// Attacks on the opening handshake.

import { setTimeout as sleep } from 'node:timers/promises';
import { buildFrame, exampleKey } from '../../protocol/frame-bytes.ts';
import type { RawClient } from '../../websocket/raw-client.ts';
import type { Attack } from '../attack.ts';
import { victimTimes } from '../victims/messages.ts';
import {
  countCut,
  failed,
  frameOf,
  held,
  inTime,
  isCut,
  isDrained,
  PATIENCE_MS,
  statusOf,
  tally,
  verdict,
} from './outcome.ts';
import { ask, requestTo } from './request.ts';

/** Writes for ever, as fast as it is read, until the connection ends; whether it did, in time. */
async function pour(client: RawClient, bytes: Buffer): Promise<boolean> {
  const until = performance.now() + PATIENCE_MS;
  while (!client.isClosed && performance.now() < until) {
    if (!client.socket.writable) return isCut(client);
    // Who never waits does not notice that it is cut.
    if (client.socket.write(bytes)) await new Promise(setImmediate);
    else await isDrained(client);
  }
  return client.isClosed;
}

export const handshakeAttacks: readonly Attack[] = [
  {
    name: 'dripped-head',
    group: 'handshake',
    about:
      'sends 100 requests a byte at a time, so that each byte comes before any deadline that begins anew',
    counter: 'handshakeTimeoutMs',
    async run(attacker) {
      const request = requestTo(attacker, '/', { 'x-long': 'x'.repeat(4_000) });
      const clients = await Promise.all(Array.from({ length: 100 }, () => attacker.connect()));
      let at = 0;
      const drip = setInterval(() => {
        for (const { socket } of clients) if (socket.writable) socket.write(request[at] ?? 'x');
        at += 1;
      }, 100);
      const cut = await countCut(clients);
      clearInterval(drip);
      return verdict(cut === 100, `${cut} of 100 cut`);
    },
  },
  {
    name: 'endless-head',
    group: 'handshake',
    about: 'sends one header field that never ends',
    async run(attacker) {
      const client = await ask(attacker, `GET / HTTP/1.1\r\nHost: ${attacker.target.host}\r\nX: `);
      const answer = statusOf(client);
      const isOver = await pour(client, Buffer.alloc(16_384, 120));
      const status = await answer;
      return verdict(
        isOver && (status === 431 || status === 0),
        `${status || 'cut'}${isOver ? ', then cut' : ' and still read'}`,
      );
    },
  },
  {
    name: 'countless-headers',
    group: 'handshake',
    about: 'sends 10 000 header fields, among them the names of what every object has',
    async run(attacker) {
      const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
      const few = names.map((name) => `${name}: 1\r\n`).join('');
      const many = Array.from({ length: 10_000 }, (_, index) => `x-${index}: ${names[index % 4]}\r\n`).join(
        '',
      );
      const request = requestTo(attacker).slice(0, -2);
      const accepted = await statusOf(await ask(attacker, `${request}${few}\r\n`));
      const refused = await statusOf(await ask(attacker, `${request}${many}\r\n`));
      return verdict(
        accepted === 101 && (refused === 431 || refused === 0),
        `four ${accepted}, 10 000 ${refused || 'cut'}`,
      );
    },
  },
  {
    name: 'endless-target',
    group: 'handshake',
    about: 'asks for a path of 100 000 characters',
    async run(attacker) {
      const status = await statusOf(await ask(attacker, requestTo(attacker, `/${'a'.repeat(100_000)}`)));
      return verdict(status === 414 || status === 431 || status === 0, String(status || 'cut'));
    },
  },
  {
    name: 'cut-at-every-byte',
    group: 'handshake',
    about: 'ends, or resets, the connection after every single byte of a handshake and a frame',
    async run(attacker) {
      const bytes = Buffer.concat([
        Buffer.from(requestTo(attacker), 'latin1'),
        buildFrame({ opcode: 1, payload: Buffer.from('hello'), maskingKey: exampleKey }),
      ]);
      for (let length = 0; length <= bytes.length; length += 1) {
        const [ended, reset] = await Promise.all([attacker.connect(), attacker.connect()]);
        ended.socket.end(bytes.subarray(0, length));
        reset.socket.write(bytes.subarray(0, length), () => reset.reset());
        ended.socket.resume();
        if (!(await isCut(ended))) return failed(`kept a connection that ended after ${length} bytes`);
        await isCut(reset);
      }
      const status = await statusOf(await ask(attacker, requestTo(attacker)));
      return verdict(status === 101, `${2 * (bytes.length + 1)} cuts, then ${status}`);
    },
  },
  {
    name: 'frames-before-decision',
    group: 'handshake',
    about: 'sends 8 MiB of frames on each of ten connections while it is still being decided about them',
    needs: 'routes',
    // Ten connections have the turn one after the other, each with a message of 64 KiB and its echo.
    maxDelayMs: 30,
    async run(attacker) {
      const frame = buildFrame({ opcode: 2, payload: Buffer.alloc(64 * 1024), maskingKey: exampleKey });
      const clients = await Promise.all(
        Array.from({ length: 10 }, () => ask(attacker, requestTo(attacker, '/pending'))),
      );
      for (const { socket } of clients) for (let count = 0; count < 128; count += 1) socket.write(frame);
      const statuses = await Promise.all(clients.map((client) => statusOf(client)));
      const echoes = await Promise.all(clients.map((client) => frameOf(client, 2)));
      const whole = echoes.filter((echo) => echo?.payload.length === 64 * 1024).length;
      return verdict(whole === 10, `${tally(statuses)}; first frame of ${whole} echoed`);
    },
  },
  {
    name: 'foreign-origin',
    group: 'handshake',
    about: 'asks as pages of other origins, with every trick that makes them look like this one',
    counter: 'allowedOrigins',
    async run(attacker) {
      const { host, port } = attacker.target;
      const here = `${host}:${port}`;
      const origins = [
        'https://evil.example',
        'null',
        `http://${here}.evil.example`,
        `http://evil.example/${here}`,
        `http://evil.example#${here}`,
        `http://evil@${here}`,
        `http://${here}@evil.example`,
        `http://${host}:1`,
        `http://${here}0`,
        `http://${host}.:${port}`,
        `http://[::1]:${port}`,
        `ftp://${here}`,
        `//${here}`,
        here,
        ' ',
        `http://${here} http://evil.example`,
      ];
      const statuses = [];
      for (const origin of origins) {
        statuses.push(await statusOf(await ask(attacker, requestTo(attacker, '/', { origin }))));
      }
      const same = await statusOf(
        await ask(attacker, requestTo(attacker, '/', { origin: `http://${here}` })),
      );
      return verdict(
        statuses.every((status) => status !== 101 && status !== undefined) && same === 101,
        `others ${tally(statuses)}; its own ${same}`,
      );
    },
  },
  {
    name: 'smuggled-request',
    group: 'handshake',
    about: 'hides a second request behind one that is refused',
    needs: 'routes',
    async run(attacker) {
      const client = await ask(attacker, requestTo(attacker, '/refused') + requestTo(attacker, '/'));
      const answers = await inTime(client.rest());
      const count = (answers?.toString('latin1') ?? '').split('HTTP/1.1 ').length - 1;
      return verdict(
        answers !== undefined && count === 1,
        `${count} answer${count === 1 ? '' : 's'}, then closed`,
      );
    },
  },
  {
    name: 'half-open',
    group: 'handshake',
    about: 'opens 2 000 connections and says nothing on any of them',
    // The system hands over all who knock in one turn.
    maxDelayMs: 25,
    counter: 'handshakeTimeoutMs',
    async run(attacker) {
      const clients: RawClient[] = [];
      while (clients.length < 2_000) {
        clients.push(...(await Promise.all(Array.from({ length: 100 }, () => attacker.connect()))));
      }
      const early = clients.filter(({ isClosed, hasEnded }) => isClosed || hasEnded).length;
      const other = await attacker.connect({ localAddress: '127.0.0.3' });
      other.socket.write(requestTo(attacker), 'latin1');
      const meanwhile = await statusOf(other);
      const cut = await countCut(clients);
      return verdict(
        cut === 2_000 && meanwhile === 101,
        `${early > 0 ? 'some refused at once, ' : ''}${cut} cut in the end; another address meanwhile ${meanwhile}`,
      );
    },
  },
  {
    name: 'descriptors',
    group: 'handshake',
    about: 'opens twice as many connections as the process may have descriptors',
    victim: { openFiles: 256 },
    needs: 'own-process',
    counter: 'maxDescriptors',
    async run(attacker) {
      const statuses: (number | undefined)[] = [];
      while (statuses.length < 500) {
        const some = await Promise.all(
          Array.from({ length: 20 }, async () => {
            const client = await attacker.connect().catch(() => undefined);
            if (client === undefined) return 0;
            client.socket.write(requestTo(attacker), 'latin1');
            const status = await statusOf(client, 2_000);
            // Who is told leaves, as clients do.
            if (status !== 101) client.socket.destroy();
            return status;
          }),
        );
        statuses.push(...some);
      }
      const told = statuses.filter((status) => status === 503).length;
      const silent = statuses.filter((status) => status === 0 || status === undefined).length;
      return verdict(told > 0 && silent === 0, tally(statuses).replaceAll(/\b0\b/g, 'cut without a word'));
    },
  },
  {
    name: 'tireless-refused',
    group: 'handshake',
    about:
      'comes back the moment it is refused, for three seconds, each time in the name of another address of X-Forwarded-For',
    needs: 'routes',
    counter: 'maxFailedHandshakesPerMinute',
    async run(attacker) {
      const until = performance.now() + 3_000;
      const statuses: (number | undefined)[] = [];
      while (performance.now() < until) {
        // A new address each time, if one believed it.
        const forwarded = { 'x-forwarded-for': `198.51.100.${statuses.length % 256}` };
        const client = await ask(attacker, requestTo(attacker, '/refused', forwarded));
        statuses.push(await statusOf(client));
        client.socket.destroy();
      }
      const perSecond = statuses.length / 3;
      return verdict(perSecond < 20, `${Math.round(perSecond)} refusals a second`);
    },
  },
  {
    name: 'churn',
    group: 'handshake',
    about: 'opens and resets 1 500 connections, some in the middle of their handshake',
    async run(attacker) {
      const request = requestTo(attacker);
      for (let round = 0; round < 30; round += 1) {
        await Promise.all(
          Array.from({ length: 50 }, async (_, index) => {
            const client = await attacker.connect();
            client.socket.write(request.slice(0, index % 2 === 0 ? undefined : index), 'latin1');
            if (index % 4 === 0) await statusOf(client);
            client.reset();
            await isCut(client);
          }),
        );
      }
      await sleep(victimTimes.closeTimeoutMs / 4);
      const status = await statusOf(await ask(attacker, request));
      return status === 101 ? held(`then ${status}`) : failed(`then ${status}`);
    },
  },
];
