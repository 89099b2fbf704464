// Options of a server for microcontrollers: what the usual client of an ESP32 or Arduino needs to be understood.

import type { WebSocketServerOptions } from './server-options.ts';

/**
 * Spread it into the options of a server: `new WebSocketServer({ ...deviceProfile, port: 8080 })`; options behind it win.
 * These devices read no message above 15 KiB (15 360 bytes) and close with 1009 instead: sending less is the application's
 * part, and so is a server of its own for them where pages of the web connect as well.
 */
export const deviceProfile = Object.freeze({
  /** A payload of exactly 65 535 bytes comes with the 64-bit length, which section 5.2 of RFC 6455 forbids. */
  requireMinimalLength: false,
  /** A device has no memory for a window, and reads a compressed frame as if it were not compressed. */
  perMessageDeflate: false,
  /** Pings find half-open Wi-Fi; a sketch that waits in `delay()` answers late, so one more may be missed. */
  keepalive: Object.freeze({ intervalMs: 20_000, maxMisses: 3 }),
  /** Sent by every device, though it is no page. */
  allowedOrigins: Object.freeze(['file://']),
}) satisfies Partial<WebSocketServerOptions<never>>;
