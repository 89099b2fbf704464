// What the protocol itself bounds: the same everywhere, and for both ends (PROTOCOL.md, section 13).

/** Nesting of arrays and maps in a packet, the packet itself being 1. */
export const maxPacketDepth = 32;

/** Offsets in one `ack`. */
export const maxAckOffsets = 256;
