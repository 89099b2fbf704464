// Attacks with requests that are no handshakes, or read differently by different readers.

import type { Attack } from '../attack.ts';
import { readMainThreadMs } from '../gauge.ts';
import { isCut, statusOf, tally, verdict } from './outcome.ts';
import { ask, requestTo } from './request.ts';

/** What is made of a good request, and none of it may be accepted. */
const distortions: readonly ((request: string) => string)[] = [
  (request) => request.replace('GET ', 'POST '),
  (request) => request.replace('GET /', 'GET  /'),
  (request) => request.replace('HTTP/1.1', 'HTTP/1.0'),
  (request) => request.replace('HTTP/1.1', 'HTTP/1.1 '),
  (request) => request.replace('\r\n', '\n'),
  (request) => request.replace('host: ', 'host : '),
  (request) => request.replace('host: ', ' host: '),
  (request) => request.replace('host: ', 'x: 1\r\n folded\r\nhost: '),
  (request) => request.replace('host: ', 'host: other.example\r\nhost: '),
  (request) => request.replace(/^host: .*\r\n/m, ''),
  (request) => request.replace('upgrade: websocket', 'upgrade: websocket\0'),
  (request) => request.replace('upgrade: websocket', 'upgrade: websocket\rX: 1'),
  (request) => request.replace('upgrade: websocket', 'upgrade: websockets'),
  (request) => request.replace('connection: Upgrade', 'connection: close'),
  (request) => request.replace('sec-websocket-version: 13', 'sec-websocket-version: 8'),
  (request) => request.replace('sec-websocket-version: 13', 'sec-websocket-version: 13, 13'),
  (request) => request.replace(/sec-websocket-key: .*\r\n/, ''),
  (request) => request.replace(/sec-websocket-key: .*\r\n/, 'sec-websocket-key: c2hvcnQ=\r\n'),
  (request) => request.replace(/(sec-websocket-key: .*\r\n)/, '$1$1'),
  (request) => request.replace('\r\n\r\n', '\r\ncontent-length: 4\r\n\r\nbody'),
  (request) => request.replace('\r\n\r\n', '\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'),
  (request) => request.replace('\r\n\r\n', '\r\ncontent-length: 0\r\ncontent-length: 5\r\n\r\n'),
  (request) => request.replace('\r\n\r\n', `\r\nsec-websocket-protocol: ${'a,'.repeat(4_000)}a\r\n\r\n`),
  () => '\r\n'.repeat(20_000),
  () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(64, '\0'),
];

function listOf(length: number, item: (index: number) => string, separator = ', '): string {
  return Array.from({ length }, (_, index) => item(index)).join(separator);
}

/** Fields that fill a head; each is sent with so many bytes, and with twice as many. */
const fillings: readonly (readonly [name: string, fill: (bytes: number) => string])[] = [
  ['one value', (bytes) => `x: ${'v'.repeat(bytes)}\r\n`],
  ['white space', (bytes) => `x: ${' '.repeat(bytes)}v${' '.repeat(8)}\r\n`],
  ['fields', (bytes) => listOf(bytes / 200, (index) => `x-${index}: ${'v'.repeat(190)}\r\n`, '')],
  ['one name again', (bytes) => `cookie: ${'a=b; '.repeat(38)}\r\n`.repeat(bytes / 200)],
  // More names, extensions and parameters than these are refused at once.
  [
    'names',
    (bytes) => `sec-websocket-protocol: ${listOf(64, (index) => `${'p'.repeat(bytes / 64)}${index}`)}\r\n`,
  ],
  ['connection', (bytes) => `connection: ${'keep, '.repeat(bytes / 6)}upgrade\r\n`],
  [
    'extensions',
    (bytes) =>
      `sec-websocket-extensions: ${listOf(16, (index) => `${'e'.repeat(bytes / 16)}${index}; a=b`)}\r\n`,
  ],
  [
    'parameters',
    (bytes) =>
      `sec-websocket-extensions: x; ${listOf(15, (index) => `p${index}="${'\\b'.repeat(bytes / 30)}"`, '; ')}\r\n`,
  ],
];

const REQUESTS = 120;
const FILLED_BYTES = 7_000;

export const hostileRequests: readonly Attack[] = [
  {
    name: 'distorted-requests',
    group: 'handshake',
    about: 'distorts a good request in every way that makes it none, or two in one',
    // Refusals of its own make those that follow late.
    runsOnce: true,
    async run(attacker) {
      const statuses: (number | undefined)[] = [];
      let closed = 0;
      for (const distort of distortions) {
        const client = await ask(attacker, distort(requestTo(attacker)));
        statuses.push(await statusOf(client));
        if (await isCut(client)) closed += 1;
      }
      return verdict(
        statuses.every((status) => status === 0 || (status !== undefined && status >= 400)) &&
          closed === statuses.length,
        tally(statuses).replaceAll(/\b0\b/g, 'cut'),
      );
    },
  },
  {
    name: 'refused-and-staying',
    group: 'handshake',
    about: 'is refused on 300 connections, reads none of the answers, and stays',
    needs: 'routes',
    runsOnce: true,
    counter: 'maxFailedHandshakesPerMinute',
    async run(attacker) {
      const clients = await Promise.all(
        Array.from({ length: 300 }, async () => {
          const client = await attacker.connect();
          client.socket.pause();
          client.socket.write(requestTo(attacker, '/refused'), 'latin1');
          return client;
        }),
      );
      // By the number of its descriptors: who does not read does not see that it is cut.
      const isGone = await attacker.untilDescriptorsAreBelow(100);
      for (const { socket } of clients) socket.resume();
      return verdict(isGone, isGone ? 'all 300 cut' : 'kept');
    },
  },
  {
    name: 'linear-time',
    group: 'handshake',
    about:
      'sends heads of 7 000 and of 14 000 bytes, of eight kinds; twice the bytes may take 2.5 times the processor time',
    runsOnce: true,
    async run(attacker) {
      const { pid } = attacker.target;
      const timeOf = async (fields: string): Promise<number> => {
        const request = requestTo(attacker).replace('\r\n\r\n', `\r\n${fields}\r\n`);
        const before = readMainThreadMs(pid);
        for (let sent = 0; sent < REQUESTS; sent += 20) {
          const clients = await Promise.all(Array.from({ length: 20 }, () => ask(attacker, request)));
          await Promise.all(clients.map((client) => statusOf(client)));
          for (const client of clients) client.socket.destroy();
          await Promise.all(clients.map((client) => isCut(client)));
        }
        return readMainThreadMs(pid) - before;
      };
      let worst = { ratio: 0, name: '' };
      for (const [name, fill] of fillings) {
        // The second time: the first has code to compile.
        await timeOf(fill(FILLED_BYTES));
        const once = await timeOf(fill(FILLED_BYTES));
        const twice = await timeOf(fill(2 * FILLED_BYTES));
        if (twice / once > worst.ratio) worst = { ratio: twice / once, name };
      }
      return verdict(worst.ratio <= 2.5, `at most ${worst.ratio.toFixed(2)} times as long (${worst.name})`);
    },
  },
];
