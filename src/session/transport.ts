// The port for messages: whole messages both ways, whatever carries them.

/**
 * Messages arrive whole, once and in order, until the transport ends. One that may have lost a message ends.
 * Implementations: WebSockets of any make, server-sent events with POST, long-polling, a pair in memory.
 */
export interface Transport {
  /** Begins delivery. Called once, before anything else; nothing is delivered before it. */
  start(handler: TransportHandler): void;
  /** Queues a message: text for JSON, bytes for MessagePack. Bytes are not altered, and may be shared with other
   * transports. Never throws, and does nothing once the transport has ended. */
  send(message: string | Uint8Array): void;
  /** Ends the transport after what is queued. `onClose` follows. Twice is the same as once. */
  close(code: number, reason: string): void;
  /** Bytes queued and not yet taken by the network. */
  readonly bufferedAmount: number;
}

export interface TransportHandler {
  onMessage(message: string | Uint8Array): void;
  /** The queue is empty, having not been so. A transport without this event may leave it out: the machine also looks
   * at `bufferedAmount` from time to time. */
  onDrain(): void;
  /** The transport has ended, by either side or by itself. Called once; nothing is called after it. */
  onClose(code: number, reason: string): void;
}
