// Writes down what a FrameParser calls, one line a frame, whatever pieces the frame came in.

import type { ProtocolError } from '../../../src/protocol/errors.ts';
import { type FrameHandler, FrameParser, type Role } from '../../../src/protocol/frame/frame-parser.ts';
import { Opcode } from '../../../src/protocol/frame/opcode.ts';
import { type MessageLimits, resolveMessageLimits } from '../../../src/protocol/limits.ts';
import { show } from '../hex.ts';

export interface RecorderOptions {
  /** @default 'client', so that frames need no mask */
  readonly role?: Role;
  readonly limits?: MessageLimits;
  readonly allowRsv1?: boolean;
  readonly requireMinimalLength?: boolean;
}

const names = new Map<number, string>(Object.entries(Opcode).map(([name, opcode]) => [opcode, name]));

export class FrameRecorder implements FrameHandler {
  readonly calls: string[] = [];
  error: ProtocolError | undefined;
  readonly parser: FrameParser;
  #pieces: Uint8Array[] = [];

  constructor(options: RecorderOptions = {}) {
    this.parser = new FrameParser(this, {
      role: options.role ?? 'client',
      limits: resolveMessageLimits(options.limits),
      allowRsv1: options.allowRsv1 === true,
      requireMinimalLength: options.requireMinimalLength !== false,
    });
  }

  receivePayload(bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    this.#pieces.push(new Uint8Array(bytes.subarray(start, end)));
    if (!isLast) return;
    const { opcode, isFinal, isCompressed } = this.parser;
    const name = names.get(opcode) ?? `opcode ${opcode}`;
    const flags = `${isFinal ? '' : ' unfinished'}${isCompressed ? ' compressed' : ''}`;
    this.calls.push(`${name}${flags}: ${show(Buffer.concat(this.#pieces))}`);
    this.#pieces = [];
  }

  receiveFrameError(error: ProtocolError): void {
    this.error = error;
    this.calls.push(`error ${error.code}`);
  }

  receiveAll(chunks: Iterable<Uint8Array>): this {
    for (const chunk of chunks) this.parser.receive(chunk);
    return this;
  }
}

/** Feeds the bytes one by one, and gives the index of the byte on which the error came; -1 if none did. */
export function indexOfError(bytes: Uint8Array, options: RecorderOptions): number {
  const recorder = new FrameRecorder(options);
  return bytes.findIndex((byte) => {
    recorder.parser.receive(Uint8Array.of(byte));
    return recorder.error !== undefined;
  });
}
