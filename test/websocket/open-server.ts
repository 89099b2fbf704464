// Starts servers for tests, with everything that their handlers were called with written down.

import type { TestContext } from 'node:test';
import { type Connection, WebSocketServer, type WebSocketServerOptions } from '../../src/websocket/index.ts';

export interface OpenedServer<Data> {
  readonly server: WebSocketServer<Data>;
  readonly port: number;
  /** What the handlers were called with, one line a call. */
  readonly calls: string[];
  /** The errors that the `error` handler got. */
  readonly errors: Error[];
  /** Resolves as soon as `calls` holds a line that begins so. */
  called(beginning: string): Promise<void>;
}

/** A server on a free port of 127.0.0.1, closed when the test ends. */
export async function openServer<Data = unknown>(
  test: TestContext,
  options: WebSocketServerOptions<Data> = {},
): Promise<OpenedServer<Data>> {
  const recorder = record(options);
  const server = new WebSocketServer<Data>({ port: 0, ...recorder.options });
  test.after(() => server.close({ timeoutMs: 0 }));
  await server.listening;
  const port = server.address()?.port ?? 0;
  return { server, port, ...recorder };
}

/** Wraps the handlers, so that each call is written down before it is made. */
export function record<Data>(given: WebSocketServerOptions<Data>): {
  readonly options: WebSocketServerOptions<Data>;
} & Pick<OpenedServer<Data>, 'calls' | 'errors' | 'called'> {
  const calls: string[] = [];
  const errors: Error[] = [];
  const waiting: { readonly beginning: string; readonly resolve: () => void }[] = [];
  const write = (line: string): void => {
    calls.push(line);
    for (const waiter of waiting.filter(({ beginning }) => line.startsWith(beginning))) {
      waiting.splice(waiting.indexOf(waiter), 1);
      waiter.resolve();
    }
  };
  const options: WebSocketServerOptions<Data> = {
    ...given,
    open(connection) {
      write('open');
      return given.open?.(connection);
    },
    message(connection: Connection<Data>, data, isBinary) {
      write(`message ${typeof data === 'string' ? JSON.stringify(data) : data.toString('hex')}`);
      return given.message?.(connection, data, isBinary);
    },
    drain(connection) {
      write('drain');
      return given.drain?.(connection);
    },
    ping(connection, data) {
      write(`ping ${data.toString('hex')}`);
      return given.ping?.(connection, data);
    },
    pong(connection, data) {
      write(`pong ${data.toString('hex')}`);
      return given.pong?.(connection, data);
    },
    close(connection, code, reason) {
      write(`close ${code} ${JSON.stringify(reason)}`);
      return given.close?.(connection, code, reason);
    },
    error(error, connection) {
      errors.push(error);
      write(`error ${'code' in error ? String(error.code) : error.message}`);
      return given.error?.(error, connection);
    },
  };
  return {
    options,
    calls,
    errors,
    called: (beginning) =>
      calls.some((line) => line.startsWith(beginning))
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ beginning, resolve })),
  };
}
