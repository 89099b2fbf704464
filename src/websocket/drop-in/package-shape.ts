// The class that `ws` exports, with all that programs look for on it.

import { WebSocket as Socket } from './websocket.ts';
import { createWebSocketStream } from './websocket-duplex.ts';
import { WebSocketServer } from './websocket-server.ts';

interface PackageShape {
  /** The class itself, for `const { WebSocket } = require('tidewire/ws')`. */
  readonly WebSocket: typeof Socket;
  readonly WebSocketServer: typeof WebSocketServer;
  readonly Server: typeof WebSocketServer;
  readonly createWebSocketStream: typeof createWebSocketStream;
}

export type WebSocket = Socket;

export const WebSocket: typeof Socket & PackageShape = Object.assign(Socket, {
  WebSocket: Socket,
  WebSocketServer,
  Server: WebSocketServer,
  createWebSocketStream,
});
