// For pipes and files: each message is a line of the standard output as it came, binary as hex; the rest is left out.

import type { ConnectOutput } from './connect-output.ts';

export class PlainOutput implements ConnectOutput {
  opened(): void {}

  message(data: string | Uint8Array): void {
    const text =
      typeof data === 'string'
        ? data
        : Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
    process.stdout.write(`${text}\n`);
  }

  ping(): void {}
  pong(): void {}
  closed(): void {}
  hint(): void {}
}
