// Opens and closes connections as fast as the server answers.
import { performance } from 'node:perf_hooks';
import type { HandshakeWorkload } from '../workload.ts';
import type { Load, LoadCount } from './load.ts';
import { RawConnection } from './raw-connection.ts';

export class HandshakeLoad implements Load {
  readonly #port: number;
  readonly #workload: HandshakeWorkload;
  #opened = 0;

  constructor(port: number, workload: HandshakeWorkload) {
    this.#port = port;
    this.#workload = workload;
  }

  async open(): Promise<void> {}

  async run(durationMs: number): Promise<LoadCount> {
    const start = performance.now();
    let handshakes = 0;
    let bytes = 0;
    const lane = async () => {
      while (performance.now() - start < durationMs) {
        const index = this.#opened++;
        const connection = await RawConnection.open({
          port: this.#port,
          index,
          deflate: this.#workload.deflate ?? false,
        });
        bytes += connection.socket.bytesRead;
        await connection.close();
        handshakes++;
      }
    };
    await Promise.all(Array.from({ length: this.#workload.connections }, lane));
    return { messages: handshakes, elapsedMs: performance.now() - start, wireBytes: bytes / handshakes };
  }
}
