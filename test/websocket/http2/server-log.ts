// What happened to a WebSocket server in a test, in order, and promises for it.

import type { Connection, WebSocketServerOptions } from '../../../src/websocket/index.ts';

/** Handlers that echo, and log `open /path 2.0`, `message hello`, `close 1000`, `error CODE`. */
export class ServerLog {
  readonly lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  /** The handlers, for a server whose connections' data is their path. */
  get handlers(): Pick<WebSocketServerOptions<string>, 'upgrade' | 'open' | 'message' | 'close' | 'error'> {
    return {
      upgrade: ({ url, httpVersion, protocols: [protocol = ''] }) => ({
        data: `${url} ${httpVersion}`,
        protocol,
      }),
      open: (connection) => this.add(`open ${connection.data}`),
      message: (connection: Connection<string>, data) => {
        this.add(`message ${typeof data === 'string' ? data : `of ${data.length} bytes`}`);
        connection.send(data);
      },
      close: (_connection, code) => this.add(`close ${code}`),
      error: (error) => this.add(`error ${'code' in error ? error.code : error.message}`),
    };
  }

  add(line: string): void {
    this.lines.push(line);
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves when so many lines are this one. */
  has(line: string, times = 1): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (this.lines.filter((each) => each === line).length < times) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}
