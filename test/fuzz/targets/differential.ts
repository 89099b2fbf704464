// The same frames for `ws` and for us: what one accepts and the other refuses must have its reason in the list below.

import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EndpointRecorder, showText } from '../../protocol/connection/endpoint-recorder.ts';
import { show } from '../../protocol/hex.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { copyOf } from '../input-chunks.ts';
import { FrameSetup, generateFrames } from './frame-grammar.ts';

/** The receiver of `ws`, as far as it is used here. */
interface WsReceiver extends Writable {
  on(event: string, listener: (...args: never[]) => void): this;
}

type WsReceiverClass = new (options: {
  readonly isServer: boolean;
  readonly maxPayload: number;
  readonly allowSynchronousEvents: boolean;
}) => WsReceiver;

/** What an endpoint made of a stream: what it handed up, and the close code of its error, if there was one. */
interface Outcome {
  readonly calls: readonly string[];
  readonly error: number | undefined;
  /** Ours only: the name of the error, and how many bytes stand behind the one on which it came. */
  readonly code?: string | undefined;
  readonly bytesBehind?: number;
}

export interface ExplainedDifference {
  readonly why: string;
  explains(ours: Outcome, theirs: Outcome, bytes: Uint8Array): boolean;
}

export const explainedDifferences: readonly ExplainedDifference[] = [
  {
    why: 'RFC 6455, 5.2: "the minimal number of bytes MUST be used to encode the length"; ws does not check it',
    explains: (ours) => ours.code === 'LENGTH_NOT_MINIMAL',
  },
  {
    why: 'RFC 6455, 8.1: invalid text fails the connection; we do so at the bad byte, ws when the message is complete',
    explains: (ours, theirs) => ours.code === 'INVALID_UTF8' && goesOn(ours, theirs),
  },
  {
    why: 'RFC 6455, 5.2: a 64-bit length has its highest bit clear (1002); ws calls every length above 2^53 too big (1009)',
    explains: (ours, theirs) => ours.code === 'LENGTH_INVALID' && theirs.error === 1009,
  },
  {
    why: 'RFC 6455, 7.1.7 leaves open when a connection is failed: we do so at the first wrong byte, ws when it has the header',
    explains: (ours, theirs) =>
      (ours.bytesBehind ?? 0) < 13 && theirs.error === undefined && goesOn(ours, theirs),
  },
  {
    why: 'RFC 6455, 5.1: who must mask is known with the second byte; ws looks at the length first and names that',
    explains: (ours) => ours.code === 'UNMASKED_FRAME' || ours.code === 'MASKED_FRAME',
  },
  {
    why: 'RFC 6455, 5.5.1: a Close of one byte is refused by ws when it has the header, by us when the byte is there',
    explains: (ours, theirs, bytes) =>
      ours.error === undefined && theirs.error === 1002 && goesOn(ours, theirs) && endsWithCloseOfOne(bytes),
  },
];

/** Whether the bytes end in the header of a Close whose body is one byte, or in its masking key. */
function endsWithCloseOfOne(bytes: Uint8Array): boolean {
  return [2, 3, 4, 5, 6].some((back) => bytes.at(-back) === 0x88 && (bytes.at(1 - back)! & 0x7f) === 1);
}

/** Whether theirs handed up the same, and then perhaps more. */
function goesOn(ours: Outcome, theirs: Outcome): boolean {
  return ours.calls.every((call, index) => call === theirs.calls[index]);
}

const maxMessageBytes = 1 << 20;

/** Empty where `ws` is not installed: `npm ci --prefix bench --omit=optional` brings it. */
export async function differentialTargets(): Promise<FuzzTarget[]> {
  const Receiver = loadReceiver();
  return Receiver === undefined ? [] : [differentialTarget(Receiver)];
}

function loadReceiver(): WsReceiverClass | undefined {
  const bench = fileURLToPath(new URL('../../../../bench/package.json', import.meta.url));
  try {
    const { Receiver } = createRequire(bench)('ws') as { readonly Receiver: WsReceiverClass };
    return Receiver;
  } catch {
    // Not installed: it is no dependency of the package.
    return undefined;
  }
}

function differentialTarget(Receiver: WsReceiverClass): FuzzTarget {
  return {
    name: 'differential-ws',
    promise:
      'what ws accepts we accept, and what it refuses we refuse, but for the differences that are explained',
    weight: 0.5,

    generate(random) {
      const setup = random.chance(0.5) ? FrameSetup.Server : 0;
      return Buffer.concat([Uint8Array.of(setup), generateFrames(random, setup !== 0)]);
    },

    async run(input) {
      const isServer = ((input[0] ?? 0) & FrameSetup.Server) !== 0;
      const ours = receiveOurs(isServer, copyOf(input.subarray(1)));
      const theirs = await receiveTheirs(Receiver, isServer, copyOf(input.subarray(1)));
      if (isSame(ours, theirs))
        return `${ours.calls.map((call) => call.slice(0, 6)).join(';')} ${ours.error}`;
      const index = explainedDifferences.findIndex(({ explains }) => explains(ours, theirs, input));
      promise(
        index !== -1,
        () => `not explained: ${JSON.stringify(ours)} where ws has ${JSON.stringify(theirs)}`,
      );
      return `difference ${index}`;
    },
  };
}

function isSame(ours: Outcome, theirs: Outcome): boolean {
  return ours.error === theirs.error && ours.calls.join('\n') === theirs.calls.join('\n');
}

function receiveOurs(isServer: boolean, bytes: Uint8Array): Outcome {
  const recorder = new EndpointRecorder({
    role: isServer ? 'server' : 'client',
    limits: { maxMessageBytes },
  });
  let bytesBehind = bytes.length;
  for (const byte of bytes) {
    if (recorder.error !== undefined) break;
    recorder.receiveAll([Uint8Array.of(byte)]);
    bytesBehind -= 1;
  }
  const calls = recorder.calls.filter((call) => !call.startsWith('send ') && !call.startsWith('error '));
  if (recorder.error === undefined) return { calls, error: undefined };
  const { closeCode: error, code } = recorder.error;
  return { calls, error, code, bytesBehind };
}

/** Events of `ws`, written down as our recorder writes them. */
async function receiveTheirs(
  Receiver: WsReceiverClass,
  isServer: boolean,
  bytes: Uint8Array,
): Promise<Outcome> {
  const receiver = new Receiver({ isServer, maxPayload: maxMessageBytes, allowSynchronousEvents: true });
  const calls: string[] = [];
  let error: number | undefined;
  receiver.on('message', (data: Buffer, isBinary: boolean) =>
    calls.push(isBinary ? `binary ${show(data)}` : `text ${showText(String(data))}`),
  );
  receiver.on('ping', (data: Buffer) => calls.push(`Ping ${show(data)}`));
  receiver.on('pong', (data: Buffer) => calls.push(`Pong ${show(data)}`));
  receiver.on('conclude', (code: number, reason: Buffer) =>
    calls.push(`closed ${code} ${showText(String(reason))}`),
  );
  receiver.on('error', (reason: object) => {
    // Under a symbol.
    const [symbol] = Object.getOwnPropertySymbols(reason);
    error = (reason as Record<symbol, number>)[symbol as symbol];
  });
  receiver.write(bytes);
  await new Promise((resolve) => setImmediate(resolve));
  return { calls, error };
}
