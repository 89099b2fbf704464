// What a client of a channel server says and hears: Tidewire's own protocol, and Socket.IO's.

export interface ChannelDialect {
  readonly path: string;
  readonly subprotocol?: string;
  /** What makes a connection authenticated and subscribed: what is sent, and a part of the answer that is waited for. */
  readonly opening: readonly { readonly send?: string; readonly answer: string }[];
  /** Publishes a payload, which is JSON; `id` is different for each. */
  publish(payload: string, id: number): string;
  /** How every delivery begins. */
  readonly delivery: Buffer;
  /** A part of every refusal; none may come. */
  readonly refusal?: string;
  /** Takes the payload out of a delivery. */
  payloadOf(message: string): unknown;
  /** Sent from time to time, so that the server does not take the connection for dead. */
  readonly ping?: string;
  /** A message that must be answered at once, and the answer. */
  readonly probe?: { readonly message: Buffer; readonly answer: string };
}

export const channelDialects = {
  tidewire: {
    path: '/',
    subprotocol: 'tidewire.v1.json',
    opening: [
      { send: '{"t":"hello","id":1,"v":1,"auth":"token-of-a-user"}', answer: '"t":"welcome"' },
      { send: '{"t":"sub","id":2,"ch":"bench:all"}', answer: '"ok"' },
    ],
    publish: (payload, id) => `{"t":"pub","id":${id},"ch":"bench:all","d":${payload}}`,
    delivery: Buffer.from('{"t":"msg"'),
    refusal: '"err":',
    payloadOf: (message) => JSON.parse(message).d,
    ping: '{"t":"ping"}',
  },
  socketio: {
    path: '/socket.io/?EIO=4&transport=websocket',
    opening: [
      { answer: '0{' },
      { send: '40{"token":"token-of-a-user"}', answer: '40{' },
      { send: '420["subscribe"]', answer: '430[' },
    ],
    publish: (payload) => `42["publish",${payload}]`,
    delivery: Buffer.from('42["message"'),
    payloadOf: (message) => JSON.parse(message.slice(2))[1],
    probe: { message: Buffer.from('2'), answer: '3' },
  },
} as const satisfies Record<string, ChannelDialect>;

export type ChannelDialectName = keyof typeof channelDialects;
