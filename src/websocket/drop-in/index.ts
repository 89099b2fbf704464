// The door `tidewire/ws`: for programs written for the `ws` package, which need nothing changed but the import.

export type { BinaryType, RawData } from './binary-type.ts';
export { WebSocket, WebSocket as default, WebSocket as 'module.exports' } from './package-shape.ts';
export type { ServerOptions, VerifyClient } from './server-options.ts';
export type { ClientOptions } from './socket-options.ts';
export type { Data, SendOptions, WebSocketEvents } from './websocket.ts';
export { createWebSocketStream } from './websocket-duplex.ts';
export { type ServerEvents, WebSocketServer, WebSocketServer as Server } from './websocket-server.ts';
