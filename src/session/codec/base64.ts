// Base64 (RFC 4648, section 4), for byte strings in JSON.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const block = (bytes[index]! << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text += alphabet[block >> 18]! + alphabet[(block >> 12) & 63]!;
    text += left > 1 ? alphabet[(block >> 6) & 63]! : '=';
    text += left > 2 ? alphabet[block & 63]! : '=';
  }
  return text;
}
