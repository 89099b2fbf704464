// The body of a Close frame, against a second opinion.

import { isUtf8 } from '../../../src/protocol/bytes/utf8.ts';
import { parseClosePayload, serializeClosePayload } from '../../../src/protocol/frame/close-payload.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { copyOf } from '../input-chunks.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const codes = [1000, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 1016, 2999, 3000, 3999, 4000, 4999, 5000];
const reasons = ['', 'bye', '\ufeffmark', 'é', '\ud83d\ude00', 'x'.repeat(123)];

export const closePayloadTarget: FuzzTarget = {
  name: 'close-payload',
  promise: 'a status or a documented error, as section 7.4 and UTF-8 say; what is accepted can be sent again',

  generate(random) {
    const code = random.chance(0.8) ? random.pick(codes) : random.integer(0, 65_535);
    const body = Buffer.from(random.pick(reasons));
    return Buffer.concat([Uint8Array.of(code >> 8, code & 0xff), body]).subarray(
      0,
      random.chance(0.1) ? 1 : 125,
    );
  },

  run(input) {
    const payload = copyOf(input.subarray(0, 125));
    const status = parseClosePayload(payload, isUtf8);
    const expected = judge(payload);
    if (status instanceof Error) {
      promise(status.code === expected, `${status.code}, where ${expected} is right`);
      return status.code;
    }
    promise(expected === 'ok', `accepted, where ${expected} is right`);
    const again =
      status.code === 1005 ? serializeClosePayload() : serializeClosePayload(status.code, status.reason);
    promise(Buffer.compare(again, payload) === 0, 'the body does not come back as it was');
    return `ok ${Math.floor(status.code / 1000)} ${status.reason.length > 0}`;
  },
};

/** RFC 6455, 5.5.1 and 7.4, once more and without the code under test. */
function judge(payload: Uint8Array): string {
  if (payload.length === 0) return 'ok';
  if (payload.length === 1) return 'CLOSE_BODY_INVALID';
  const code = Buffer.from(payload).readUInt16BE();
  const isRegistered = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
  if (!isRegistered && !(code >= 3000 && code <= 4999)) return 'CLOSE_CODE_INVALID';
  try {
    strict.decode(payload.subarray(2));
    return 'ok';
  } catch {
    // What `fatal` says of text that is not UTF-8.
    return 'INVALID_UTF8';
  }
}
