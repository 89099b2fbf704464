// The numbers that bound one connection, one channel and one server (PROTOCOL.md, sections 10 and 13).

/** Nesting of arrays and maps in a packet, the packet itself being 1. */
export const maxPacketDepth = 32;

/** A `hello` may come from anybody, so it is smaller than other packets. */
export const maxHelloBytes = 16_384;

/** Offsets in one `ack`. */
export const maxAckOffsets = 256;

export interface SessionLimits {
  /** Bytes of one packet from a client. Above it the connection is closed with 1009.
   * @default 65_536 */
  readonly maxPacketBytes: number;
  /** Subscriptions, and channels whose presence is watched, of one connection.
   * @default 200 */
  readonly maxSubscriptions: number;
  /** Requests of one connection that wait for their reply.
   * @default 64 */
  readonly maxInflight: number;
  /** Bytes queued for one connection before its subscriptions are parked.
   * @default 1_048_576 (1 MiB) */
  readonly maxQueuedBytes: number;
  /** Bytes beyond `maxQueuedBytes` for replies, pongs and farewells. A peer that fills them too is closed with 4001.
   * @default 65_536 */
  readonly controlReserveBytes: number;
  /** Publications held for the replaying readers of one channel. When it overflows, their replay starts again.
   * @default 256 */
  readonly maxGate: number;
  /** Publications read from history at once.
   * @default 100 */
  readonly historyPage: number;
  /** Offsets replayed for one subscription; a reader further behind gets a gap.
   * @default 10_000 */
  readonly maxReplay: number;
  /** Members listed for one channel; above it watchers get counts and a sample.
   * @default 1_000 */
  readonly maxListedMembers: number;
  /** Channels in which one connection may be present.
   * @default 50 */
  readonly maxPresences: number;
}

export const sessionLimitDefaults: SessionLimits = Object.freeze({
  maxPacketBytes: 65_536,
  maxSubscriptions: 200,
  maxInflight: 64,
  maxQueuedBytes: 1_048_576,
  controlReserveBytes: 65_536,
  maxGate: 256,
  historyPage: 100,
  maxReplay: 10_000,
  maxListedMembers: 1_000,
  maxPresences: 50,
});

export interface SessionTimes {
  /** A connection without `hello` is closed after this long, in milliseconds, as all here.
   * @default 10_000 */
  readonly helloMs: number;
  /** A client that has received nothing for so long pings.
   * @default 25_000 */
  readonly pingMs: number;
  /** A connection that was silent for so long is closed.
   * @default 33_000 */
  readonly idleMs: number;
  /** How long after a disconnect a session can be continued.
   * @default 120_000 */
  readonly sessionTtlMs: number;
  /** How long a member whose connection broke stays, away, before it leaves.
   * @default 15_000 */
  readonly presenceGraceMs: number;
  /** How long before a credential runs out the client is asked for a new one: from half of it to all of it, so that
   * credentials given out together are not all renewed at once.
   * @default 60_000 */
  readonly authNoticeMs: number;
  /** How often a channel in which nothing happened is compared with the broker's head.
   * @default 30_000 */
  readonly positionCheckMs: number;
  /** A call to a broker of one's own that has no answer for so long has failed: its client is told `unavailable`, or of a
   * publish `unknown`. Less than a client waits for a reply.
   * @default 10_000 */
  readonly brokerMs: number;
  /** A broker that could not be listened to is tried again after up to this long.
   * @default 5_000 */
  readonly maxStreamRetryMs: number;
  /** The lease by which a node's presence members live. It is renewed three times in its length.
   * @default 30_000 */
  readonly nodeLeaseMs: number;
  /** How long a mailbox entry may be handled before another consumer gets it.
   * @default 30_000 */
  readonly mailboxLeaseMs: number;
  /** How often a channel with too many members to list tells their number.
   * @default 5_000 */
  readonly presenceSampleMs: number;
}

export const sessionTimeDefaults: SessionTimes = Object.freeze({
  helloMs: 10_000,
  pingMs: 25_000,
  idleMs: 33_000,
  sessionTtlMs: 120_000,
  presenceGraceMs: 15_000,
  authNoticeMs: 60_000,
  positionCheckMs: 30_000,
  brokerMs: 10_000,
  maxStreamRetryMs: 5_000,
  nodeLeaseMs: 30_000,
  mailboxLeaseMs: 30_000,
  presenceSampleMs: 5_000,
});
