// Writes down what an Endpoint calls, one line a call, as a test table shows it.

import { isUtf8 as nativeIsUtf8 } from 'node:buffer';
import {
  Endpoint,
  type EndpointHandler,
  type EndpointOptions,
} from '../../../src/protocol/connection/endpoint.ts';
import type { ProtocolError } from '../../../src/protocol/errors.ts';
import type { Role } from '../../../src/protocol/frame/frame-parser.ts';
import { Opcode } from '../../../src/protocol/frame/opcode.ts';
import { type MessageLimits, resolveMessageLimits } from '../../../src/protocol/limits.ts';
import { show } from '../hex.ts';

export interface RecorderOptions {
  /** @default 'client', so that frames need no mask */
  readonly role?: Role;
  readonly limits?: MessageLimits;
  readonly allowRsv1?: boolean;
  readonly requireMinimalLength?: boolean;
  /** Called on each message, while it is handled. */
  readonly onMessage?: (endpoint: Endpoint) => void;
}

const names = new Map<number, string>(Object.entries(Opcode).map(([name, opcode]) => [opcode, name]));

/** Text in quotes, or its digest when it is long. */
export function showText(text: string): string {
  return text.length > 40 ? show(Buffer.from(text)) : JSON.stringify(text);
}

export class EndpointRecorder implements EndpointHandler {
  readonly calls: string[] = [];
  readonly endpoint: Endpoint;
  error: ProtocolError | undefined;
  readonly #onMessage: RecorderOptions['onMessage'];

  constructor(given: RecorderOptions = {}) {
    const { role = 'client', limits, allowRsv1, requireMinimalLength = true, onMessage } = given;
    const options: EndpointOptions = {
      role,
      limits: resolveMessageLimits(limits),
      allowRsv1: allowRsv1 === true,
      requireMinimalLength,
      // Half of the tests' roles use the check that servers use, half the plain one.
      ...(role === 'server'
        ? { isUtf8: (bytes, start, end) => nativeIsUtf8(bytes.subarray(start, end)) }
        : {}),
    };
    this.endpoint = new Endpoint(this, options);
    this.#onMessage = onMessage;
  }

  receiveAll(chunks: Iterable<Uint8Array>): this {
    for (const chunk of chunks) this.endpoint.receive(chunk);
    return this;
  }

  receiveMessage(bytes: Uint8Array, start: number, end: number): void {
    const { endpoint } = this;
    const payload = Buffer.from(bytes.subarray(start, end));
    const compressed = endpoint.isCompressed ? 'compressed ' : '';
    if (endpoint.isText && !endpoint.isCompressed) this.calls.push(`text ${showText(payload.toString())}`);
    else this.calls.push(`${compressed}${endpoint.isText ? 'text' : 'binary'} ${show(payload)}`);
    this.#onMessage?.(endpoint);
  }

  receivePing(bytes: Uint8Array, start: number, end: number): void {
    this.calls.push(`Ping ${show(bytes.subarray(start, end))}`);
  }

  receivePong(bytes: Uint8Array, start: number, end: number): void {
    this.calls.push(`Pong ${show(bytes.subarray(start, end))}`);
  }

  receiveClose(code: number, reason: string): void {
    this.calls.push(`closed ${code} ${showText(reason)}`);
  }

  receiveError(error: ProtocolError): void {
    this.error = error;
    this.calls.push(`error ${error.code}`);
  }

  sendControl(opcode: number, payload: Uint8Array): void {
    this.calls.push(`send ${names.get(opcode)} ${show(payload)}`);
  }
}
