// The opening handshake on both sides: bytes of a head in, an agreement or a documented refusal out.

import { createHash } from 'node:crypto';
import { permessageDeflate } from '../../../src/protocol/extension/permessage-deflate.ts';
import { acceptKey } from '../../../src/protocol/handshake/accept-key.ts';
import { type Agreement, checkUpgradeResponse } from '../../../src/protocol/handshake/client-handshake.ts';
import { HandshakeError, HandshakeErrorCode } from '../../../src/protocol/handshake/handshake-error.ts';
import type { RequestHead, ResponseHead } from '../../../src/protocol/handshake/http-head.ts';
import { HttpHeadParser } from '../../../src/protocol/handshake/http-head-parser.ts';
import {
  serializeRejection,
  serializeUpgradeResponse,
} from '../../../src/protocol/handshake/server-answer.ts';
import {
  checkUpgradeRequest,
  type OpeningRequest,
} from '../../../src/protocol/handshake/server-handshake.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { generateRequest, generateResponse, goodAccept, headWords } from './head-grammar.ts';
import { checkRefusal, parseHead } from './head-run.ts';

const sha1Base64 = (text: string): string => createHash('sha1').update(text).digest('base64');
const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');

export const requestTarget: FuzzTarget = {
  name: 'handshake-request',
  promise:
    'the same for any chunks; a request is one by 4.2.1, and what answers it satisfies a client; refusals can be written',
  words: headWords,
  weight: 2,

  generate: (random) => latin1(generateRequest(random)),

  run(input) {
    const head = parseHead('request', input);
    if (head === undefined) return 'unfinished';
    const outcome = head.type === 'rejection' ? head : checkUpgradeRequest(head);
    if (outcome.type === 'rejection') {
      checkRefusal(outcome);
      checkAnswer(serializeRejection(outcome.status, outcome.headers, outcome.body), outcome.status);
      return outcome.code;
    }
    checkRequest(outcome, head as RequestHead);
    return `request ${outcome.protocols.length} ${outcome.extensions.map(({ name, parameters }) => name + parameters.length).join()}`;
  },
};

/** 4.2.1 once more, in other words; and a whole exchange. */
function checkRequest(request: OpeningRequest, { method, httpVersion, headers }: RequestHead): void {
  promise(method === 'GET' && Number(httpVersion) >= 1.1, 'not a GET of HTTP/1.1');
  promise(headers.get('sec-websocket-version') === '13', 'another version');
  const list = (name: string): string[] =>
    (headers.get(name) ?? '')
      .toLowerCase()
      .split(',')
      .map((item) => item.trim());
  promise(list('upgrade').includes('websocket'), 'no Upgrade: websocket');
  promise(list('connection').includes('upgrade'), 'no Connection: Upgrade');
  const key = request.key ?? '';
  const bytes = Buffer.from(key, 'base64');
  promise(bytes.length === 16 && bytes.toString('base64') === key, `a key that is none: ${key}`);
  promise(new Set(request.protocols).size === request.protocols.length, 'a protocol twice');
  promise(request.path.startsWith('/'), 'a path that is none');

  const accept = acceptKey(key, sha1Base64);
  const [protocol = ''] = request.protocols;
  const extensions = request.extensions.slice(0, 1);
  const answer = latin1(serializeUpgradeResponse({ request, accept, protocol, extensions }));
  const response = checkAnswer(answer, 101);
  const agreed = checkUpgradeResponse(response, {
    accept,
    protocols: request.protocols,
    extensions: request.extensions,
  });
  promise(!(agreed instanceof Error), () => `our own answer is refused: ${String(agreed)}`);
  promise((agreed as Agreement).protocol === protocol, 'another protocol was agreed');
}

function checkAnswer(answer: Uint8Array, status: number): ResponseHead {
  const parser = new HttpHeadParser('response');
  parser.receive(answer);
  promise(parser.head?.status === status, () => `an answer that cannot be read: ${parser.refusal?.body}`);
  return parser.head as ResponseHead;
}

export const responseTarget: FuzzTarget = {
  name: 'handshake-response',
  promise:
    'the same for any chunks; an agreement only as 4.1 allows, and within the offer; documented errors only',
  words: headWords,
  weight: 2,

  generate: (random) => latin1(generateResponse(random)),

  run(input) {
    const head = parseHead('response', input);
    if (head === undefined) return 'unfinished';
    if (head.type === 'rejection') return head.code;
    const protocols = ['chat', 'tidewire.v1.json'];
    const extensions = [
      { name: permessageDeflate, parameters: [{ name: 'client_max_window_bits', value: undefined }] },
    ];
    const outcome = checkUpgradeResponse(head, { accept: goodAccept, protocols, extensions });
    if (outcome instanceof HandshakeError) {
      promise(outcome.code in HandshakeErrorCode, `undocumented error ${outcome.code}`);
      return outcome.code;
    }
    promise(
      head.status === 101 && head.headers.get('sec-websocket-accept')?.trim() === goodAccept,
      'agreed without proof',
    );
    promise(head.headers.get('upgrade')?.trim().toLowerCase() === 'websocket', 'agreed without Upgrade');
    promise(
      outcome.protocol === '' || protocols.includes(outcome.protocol),
      'a protocol that was not offered',
    );
    promise(outcome.extensions.length <= 1, 'more extensions than offered');
    return `agreed ${outcome.protocol} ${outcome.extensions.length}`;
  },
};
