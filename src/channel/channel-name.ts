// Channel names: which strings are one, and how long they may be.
//
//   name    = segment *( ":" segment )          at most 128 characters, at most 16 segments
//   segment = 1*( ALPHA / DIGIT / "-" / "_" / "." / "~" / "@" / "+" / "=" / "%" )
//
// Names are ASCII and compared byte for byte: no case folding, no normalisation, no decoding of "%". So two names
// that look different are different, on every node and in every broker. Other text goes into a segment by
// `encodeURIComponent` (escape `!'()*` too). Not in the alphabet, and so free for others: "*", ">", "?" (wildcards
// of brokers), "/" (URLs), "{" and "}" (patterns), "$" (names of the server's own), and all white space.

import { UsageError } from './errors.ts';

export const maxChannelNameLength = 128;
export const maxChannelNameSegments = 16;

const segmentAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~@+=%';
const inSegment = new Uint8Array(128);
for (let index = 0; index < segmentAlphabet.length; index++) inSegment[segmentAlphabet.charCodeAt(index)] = 1;

const colon = 0x3a;

/** Whether `text` is one segment of a channel name. */
export function isChannelSegment(text: string): boolean {
  if (text.length === 0 || text.length > maxChannelNameLength) return false;
  for (let index = 0; index < text.length; index++) {
    if (inSegment[text.charCodeAt(index)] !== 1) return false;
  }
  return true;
}

/** Whether `text` is a channel name. Never throws, and takes time linear in the shorter of `text` and the limit. */
export function isChannelName(text: string): boolean {
  if (text.length === 0 || text.length > maxChannelNameLength) return false;
  let segments = 1;
  let segmentLength = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === colon) {
      if (segmentLength === 0) return false;
      segments++;
      segmentLength = 0;
    } else if (inSegment[code] === 1) {
      segmentLength++;
    } else {
      return false;
    }
  }
  return segmentLength > 0 && segments <= maxChannelNameSegments;
}

/** Returns `text` when it is a channel name. @throws {UsageError} when it is not. */
export function assertChannelName(text: string): string {
  if (!isChannelName(text)) throw new UsageError(`not a channel name: ${quote(text)}`);
  return text;
}

/** Shortens what a stranger wrote before it goes into a message. */
function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
