// What a bench can ask of a server or a client: the vocabulary shared by the rows, the harness and the load.

export interface EchoWorkload {
  readonly type: 'echo';
  readonly connections: number;
  /** Messages sent in one write by each connection; the next leave when all of them are answered. */
  readonly depth: number;
  readonly message: MessageShape;
  readonly deflate?: boolean;
}

export interface FanoutWorkload {
  readonly type: 'fanout';
  /** Connections that receive every message; one of them also asks for the next tick. */
  readonly connections: number;
  /** Messages the server broadcasts when it is asked for a tick. */
  readonly perTick: number;
  readonly message: MessageShape;
  readonly deflate?: boolean;
}

export interface IdleWorkload {
  readonly type: 'idle';
  /** Connections opened, and then left alone. */
  readonly connections: number;
  /** One message each way on every connection before it falls silent. */
  readonly message?: MessageShape;
  readonly deflate?: boolean;
}

export interface HandshakeWorkload {
  readonly type: 'handshake';
  /** Handshakes under way at any time; each connection is closed once it is open. */
  readonly connections: number;
  readonly deflate?: boolean;
}

export interface ChannelFanoutWorkload {
  readonly type: 'channel-fanout';
  /** Clients that subscribe to the one channel; one of them publishes. */
  readonly connections: number;
  /** Publications that are sent together; the next leave when all are delivered. */
  readonly perTick: number;
  /** Length of a payload as JSON, about. */
  readonly bytes: number;
  /** Where our server keeps the channel: in the SQLite file of this path, or in the memory of another process.
   * @default in its own memory */
  readonly kept?: { readonly file: string } | 'elsewhere';
}

export interface ChannelIdleWorkload {
  readonly type: 'channel-idle';
  /** Clients that authenticate, subscribe to one channel, and are then left alone. */
  readonly connections: number;
}

export type ChannelWorkload = ChannelFanoutWorkload | ChannelIdleWorkload;

export type Workload = EchoWorkload | FanoutWorkload | IdleWorkload | HandshakeWorkload | ChannelWorkload;

export function isChannelWorkload(workload: Workload): workload is ChannelWorkload {
  return workload.type === 'channel-fanout' || workload.type === 'channel-idle';
}

export interface MessageShape {
  readonly bytes: number;
  /** `json` differs from message to message, as traffic worth compressing does. */
  readonly content: 'text' | 'binary' | 'json';
}

/** How many different messages a `json` workload goes through. */
const distinctMessages = 64;

/** The messages of a workload, each exactly `bytes` long; `binary` ones are sent as the bytes of that text. */
export function messagesOf({ bytes, content }: MessageShape): string[] {
  if (content !== 'json')
    return ['the quick brown fox jumps over the lazy dog. '.repeat(bytes / 45 + 1).slice(0, bytes)];
  return Array.from({ length: distinctMessages }, (_, seed) => jsonMessage(bytes, seed));
}

const words =
  'harbour tide wave current lantern anchor north keel signal drift storm quay pilot sail rope'.split(' ');

/** A chat message as JSON, the same for the same seed. */
function jsonMessage(bytes: number, seed: number): string {
  let state = seed + 1;
  const random = () => {
    // Marsaglia's xorshift, 32 bits: repeatable, and good enough to vary words.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % words.length;
  };
  for (let warmUp = 0; warmUp < 8; warmUp++) random();
  const head = `{"id":${100_000 + seed * 37},"from":"${words[random()]}","at":${1_700_000_000_000 + seed * 7919},"text":"`;
  const tail = '"}';
  let text = '';
  while (head.length + text.length + tail.length < bytes) text += `${words[random()]} `;
  return head + text.slice(0, bytes - head.length - tail.length) + tail;
}
