// The door of the websocket floor: WebSocket over real sockets, for servers and clients.

export { CloseCode, ProtocolError, UsageError } from '../protocol/index.ts';
