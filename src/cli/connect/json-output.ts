// `--json`: every event is one line of JSON on the standard output.

import { jsonLine } from '../escape-controls.ts';
import type { ConnectOutput, MessageInfo, OpenedInfo } from './connect-output.ts';

export class JsonOutput implements ConnectOutput {
  opened({ url, protocol, extensions, elapsedMs }: OpenedInfo): void {
    write({ event: 'open', url, protocol, extensions, ms: round(elapsedMs) });
  }

  message(data: string | Uint8Array, { bytes, elapsedMs }: MessageInfo): void {
    const body = typeof data === 'string' ? { data, binary: false } : { data: hex(data), binary: true };
    write({ event: 'message', ...body, bytes, ms: round(elapsedMs) });
  }

  ping(data: Uint8Array): void {
    write({ event: 'ping', data: hex(data) });
  }

  pong(data: Uint8Array, elapsedMs: number | undefined): void {
    write({ event: 'pong', data: hex(data), ms: round(elapsedMs) });
  }

  closed(code: number, reason: string): void {
    write({ event: 'close', code, reason });
  }

  hint(): void {}
}

function write(event: object): void {
  process.stdout.write(`${jsonLine(event)}\n`);
}

function hex(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
}

/** `undefined` leaves the field out. */
function round(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000;
}
