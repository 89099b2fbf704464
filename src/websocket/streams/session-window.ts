// The window that all streams of an HTTP/2 session share.

import type { Http2Session } from 'node:http2';

/** What a peer may send on all streams together before anybody has read of it, so that one TCP connection is no narrower than many. */
const SESSION_WINDOW_BYTES = 1024 * 1024;

/** Opens the window, of this end. Bun, whose streams stand still for ever after it, keeps to the standard's 64 KiB. */
export function widenSession(session: Http2Session): void {
  if (session.destroyed || process.versions.bun !== undefined) return;
  session.setLocalWindowSize(SESSION_WINDOW_BYTES);
}
