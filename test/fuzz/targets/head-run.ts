// Gives a head to its parser, whole and in chunks, and checks what holds for every head.

import { type HandshakeRejection, RejectionCode } from '../../../src/protocol/handshake/handshake-error.ts';
import type { HttpHead, HttpHeadLimits } from '../../../src/protocol/handshake/http-head.ts';
import { HttpHeadParser } from '../../../src/protocol/handshake/http-head-parser.ts';
import { promise, promiseSame } from '../fuzz-target.ts';
import { copyOf, cutAtRandom, randomOf } from '../input-chunks.ts';

/** Small, so that inputs reach them. */
const limits: Required<HttpHeadLimits> = { maxHeadBytes: 1_500, maxTargetBytes: 100, maxHeaders: 12 };

/** The head; or why it was refused; or nothing, when more is to come. */
export function parseHead<Kind extends HttpHead['type']>(
  kind: Kind,
  input: Uint8Array,
): Extract<HttpHead, { type: Kind }> | HandshakeRejection | undefined {
  const whole = new HttpHeadParser(kind, limits);
  const used = whole.receive(copyOf(input));
  const cut = new HttpHeadParser(kind, limits);
  let cutUsed = 0;
  for (const chunk of cutAtRandom(input, randomOf(input))) {
    if (cut.head !== undefined || cut.refusal !== undefined) break;
    const before = cutUsed;
    cutUsed += cut.receive(chunk);
    promise(cutUsed - before <= chunk.length, 'used more than there was');
    chunk.fill(0x58);
  }
  promiseSame(describe(cut, cutUsed), describe(whole, used), 'cut into chunks');
  promise(whole.head === undefined || whole.refusal === undefined, 'a head and a refusal');
  promise(used <= limits.maxHeadBytes, `took ${used} bytes`);
  if (whole.refusal === undefined && whole.head === undefined)
    promise(used === input.length, 'left some, and has no answer');
  if (whole.refusal !== undefined) checkRefusal(whole.refusal);
  if (whole.head !== undefined) checkHead(whole.head, input.subarray(0, used));
  return whole.head ?? whole.refusal;
}

export function checkRefusal(refusal: HandshakeRejection): void {
  promise(
    RejectionCode[refusal.code] === refusal.status,
    `undocumented refusal ${refusal.code} ${refusal.status}`,
  );
  promise(refusal.body.length < 1_000, 'a refusal repeats too much of what was sent');
}

function describe(parser: Pick<HttpHeadParser, 'head' | 'refusal'>, used: number): string[] {
  const { head, refusal } = parser;
  if (head === undefined)
    return [refusal === undefined ? `unfinished after ${used}` : `${refusal.code} after ${used}`];
  const start = head.type === 'request' ? [head.method, head.target] : [String(head.status), head.reason];
  return [
    String(used),
    ...start,
    head.httpVersion,
    ...[...head.headers].map(([name, value]) => `${name}: ${value}`),
  ];
}

/** Whatever is handed over can stand in a head: no control passes, and no limit is broken. */
function checkHead(head: HttpHead, bytes: Uint8Array): void {
  let fields = 0;
  for (const [name, value] of head.headers) {
    fields += 1;
    promise(/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name), `a name that is none: ${name}`);
    promise(/^[\x20-\x7e\x80-\xff\t]*$/.test(value), `a value that is none: ${value}`);
    // A repeated field that was empty once leaves its separator: `a, `.
    const isJoined = /^[,;] |[,;] $/.test(value);
    promise(isJoined || value === value.replace(/^[ \t]+|[ \t]+$/g, ''), 'space around a value');
  }
  promise(fields <= limits.maxHeaders, `${fields} fields`);
  if (head.type === 'request')
    promise(head.target.length <= limits.maxTargetBytes, 'a target above its limit');
  const text = Buffer.from(bytes).toString('latin1');
  promise(text.endsWith('\r\n\r\n'), 'a head that ends otherwise');
  promise(!/(^|[^\r])\n|\r([^\n]|$)/.test(text), 'a CR or LF alone was accepted');
}
