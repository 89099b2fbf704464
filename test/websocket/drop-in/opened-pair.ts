// A server of the door `tidewire/ws` on a free port, and WebSockets on both of its ends.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import WebSocket, {
  type ClientOptions,
  type ServerOptions,
  WebSocketServer,
} from '../../../src/websocket/drop-in/index.ts';

export interface OpenedDoor {
  readonly server: WebSocketServer;
  readonly url: string;
}

export interface OpenedPair extends OpenedDoor {
  readonly client: WebSocket;
  /** The server's end. */
  readonly peer: WebSocket;
}

/** Closed, and its connections cut, when the test ends. */
export async function openDoor(test: TestContext, options: ServerOptions = {}): Promise<OpenedDoor> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  test.after(() => {
    for (const client of server.clients ?? []) client.terminate();
    server.close();
  });
  await once(server, 'listening');
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

export async function openPair(
  test: TestContext,
  { server: serverOptions, client: clientOptions }: { server?: ServerOptions; client?: ClientOptions } = {},
): Promise<OpenedPair> {
  const door = await openDoor(test, serverOptions);
  const connected = once(door.server, 'connection');
  const client = new WebSocket(door.url, clientOptions);
  const [[peer]] = await Promise.all([connected, once(client, 'open')]);
  return { ...door, client, peer };
}
