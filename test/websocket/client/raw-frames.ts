// Frames of a raw server: made by hand, and those of a client read back.

import type { Socket } from 'node:net';
import { Endpoint, FIN, Opcode, serializeFrame } from '../../../src/protocol/index.ts';

export function textFrame(text: string): Uint8Array {
  return serializeFrame(FIN | Opcode.Text, Buffer.from(text));
}

export function binaryFrame(bytes: Uint8Array): Uint8Array {
  return serializeFrame(FIN | Opcode.Binary, bytes);
}

export function closeFrame(code?: number, reason = ''): Uint8Array {
  if (code === undefined) return serializeFrame(FIN | Opcode.Close, new Uint8Array(0));
  return serializeFrame(
    FIN | Opcode.Close,
    Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason)]),
  );
}

export interface ReceivedFrames {
  /** `text hello`, `binary 01ff`, `ping 00`, `pong 00`, `close 1000 reason`. */
  readonly log: readonly string[];
  /** Resolves when the log has so many lines. */
  count(lines: number): Promise<void>;
}

/** Reads the frames that a client sends, and answers none of them. */
export function readFrames(socket: Socket): ReceivedFrames {
  const log: string[] = [];
  const waiting = new Set<() => void>();
  const add = (line: string): void => {
    log.push(line);
    for (const look of waiting) look();
  };
  const hex = (bytes: Uint8Array, start: number, end: number): string =>
    Buffer.from(bytes.subarray(start, end)).toString('hex');
  const endpoint: Endpoint = new Endpoint(
    {
      receiveMessage: (bytes, start, end) =>
        add(
          endpoint.isText
            ? `text ${Buffer.from(bytes.subarray(start, end))}`
            : `binary ${hex(bytes, start, end)}`,
        ),
      receivePing: (bytes, start, end) => add(`ping ${hex(bytes, start, end)}`),
      receivePong: (bytes, start, end) => add(`pong ${hex(bytes, start, end)}`),
      receiveClose: (code, reason) => add(`close ${code} ${reason}`.trimEnd()),
      receiveError: (error) => add(`error ${error.code}`),
      sendControl: () => undefined,
    },
    { role: 'server' },
  );
  socket.on('data', (chunk: Buffer) => endpoint.receive(chunk));
  socket.resume();
  return {
    log,
    count: (lines) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (log.length < lines) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
