// Answers a well-formed opening handshake that arrived in one chunk; for the servers here that do no more than that.
import { createHash } from 'node:crypto';

/** RFC 6455, section 1.3. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The head of the 101 reply to the request `head`. */
export function acceptUpgrade(head) {
  const key = /\r\nsec-websocket-key: *([\w+/=]+)\r\n/i.exec(head.toString('latin1'))[1];
  const accept = createHash('sha1').update(key).update(guid).digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}
