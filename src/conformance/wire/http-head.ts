// Reads the head of an HTTP/1.1 message from a raw stream, whatever it says.

import type { Duplex } from 'node:stream';

const maxHeadBytes = 256 * 1024;

export interface ReceivedHead {
  readonly type: 'head';
  readonly startLine: string;
  /** The status of an answer; 0 for a request. */
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** What came after the empty line. */
  readonly rest: Buffer;
}

export type HeadResult =
  | ReceivedHead
  | { readonly type: 'ended'; readonly reset: boolean; readonly bytes: Buffer }
  | { readonly type: 'deadline' };

/** Waits for a whole head. The stream is paused afterwards, so nothing is lost. */
export function readHead(stream: Duplex, timeoutMs: number): Promise<HeadResult> {
  return new Promise((resolve) => {
    let bytes = Buffer.alloc(0);
    const finish = (result: HeadResult) => {
      clearTimeout(timer);
      stream.off('data', onData).off('end', onEnd).off('error', onError).off('close', onEnd);
      stream.pause();
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf('\r\n\r\n');
      if (end >= 0) finish(parseHead(bytes.toString('latin1', 0, end), bytes.subarray(end + 4)));
      else if (bytes.length > maxHeadBytes) finish({ type: 'ended', reset: false, bytes });
    };
    const onEnd = () => finish({ type: 'ended', reset: false, bytes });
    const onError = () => finish({ type: 'ended', reset: true, bytes });
    const timer = setTimeout(() => finish({ type: 'deadline' }), timeoutMs);
    stream.on('data', onData).on('end', onEnd).on('error', onError).on('close', onEnd);
  });
}

function parseHead(text: string, rest: Buffer): ReceivedHead {
  const [startLine = '', ...lines] = text.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const status = startLine.startsWith('HTTP/') ? Number(startLine.split(' ')[1]) : 0;
  return { type: 'head', startLine, status, headers, rest };
}

/** All values of a header, joined as RFC 9110 says; undefined when it is absent. */
export function headerOf(head: ReceivedHead, name: string): string | undefined {
  const values = head.headers.filter(([key]) => key === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

/** Whether a comma-separated header has this token, in any case. */
export function hasToken(value: string | undefined, token: string): boolean {
  return (value ?? '').split(',').some((part) => part.trim().toLowerCase() === token);
}
