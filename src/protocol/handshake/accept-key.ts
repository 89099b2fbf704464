// The proof that both ends speak WebSocket: Sec-WebSocket-Key and the Sec-WebSocket-Accept that answers it.

/** Hashes the ASCII text with SHA-1 and gives the digest in base64. Injected, since every runtime has its own. */
export type Sha1Base64 = (text: string) => string;

/** 1.3. The GUID "which is unlikely to be used by network endpoints that do not understand the WebSocket Protocol". */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The `Sec-WebSocket-Accept` that answers a key (RFC 6455, section 4.2.2, item 5.4). */
export function acceptKey(key: string, sha1Base64: Sha1Base64): string {
  return sha1Base64(key + guid);
}

/**
 * Whether a key is the base64 form of exactly 16 bytes (section 4.2.1, item 5): 22 characters and `==`, where the four
 * bits of the last character that belong to no byte are zero, so that each 16 bytes have one form.
 */
export function isWebSocketKey(key: string): boolean {
  if (key.length !== 24 || !key.endsWith('==')) return false;
  for (let index = 0; index < 21; index += 1) {
    if (!isBase64Code(key.charCodeAt(index))) return false;
  }
  const last = key[21];
  return last === 'A' || last === 'Q' || last === 'g' || last === 'w';
}

function isBase64Code(code: number): boolean {
  return (
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x2b ||
    code === 0x2f
  );
}
