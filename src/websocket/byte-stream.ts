// The port for bytes: what a connection needs of whatever carries it.

/** What a stream calls. `receiveClosed` is the last call, and comes exactly once. */
export interface ByteStreamHandler {
  /**
   * Bytes arrived. They are the handler's to alter, and to keep unless the stream reuses its memory. `isAll`: nothing more
   * had come when they were read.
   */
  receiveBytes(chunk: Buffer, isAll?: boolean): void;
  /** Memory that the next bytes had best be put into, if the stream can choose: then they need not be copied. */
  roomForMore?(): Buffer | undefined;
  /** The peer will send nothing more. */
  receiveEnd(): void;
  /** A write that asked for it has been taken by the operating system. */
  receiveWritten(): void;
  /** The stream is gone; with the error that its carrier emitted, if it did. */
  receiveClosed(error: Error | undefined): void;
}

/** Bytes both ways with backpressure. Implemented by net and TLS sockets, HTTP/2 streams, and in memory for tests. */
export interface ByteStream {
  /** Bytes written that the operating system has not taken yet. */
  readonly bufferedAmount: number;
  /** Whether what `receiveBytes` is given is overwritten afterwards, so that what is to be kept must be copied. */
  readonly reusesMemory: boolean;
  /**
   * Writes bytes. Returns true when they have been taken, and the memory may be used again at once; false when it must
   * not be altered any more. `notify` asks for `receiveWritten` when they have been taken.
   */
  write(bytes: Uint8Array, notify: boolean): boolean;
  /** As `write`, for several pieces at once. */
  writeParts(parts: readonly Uint8Array[], notify: boolean): boolean;
  /** Ends our side, after what is written. */
  end(): void;
  /** Ends both sides at once. */
  destroy(): void;
  /** Stops reading, so that the peer's flow control is felt. */
  pause(): void;
  resume(): void;
  /** Begins to read, and to call the handler. */
  start(handler: ByteStreamHandler): void;
}
