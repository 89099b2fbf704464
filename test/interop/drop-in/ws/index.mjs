// Stands where the package `ws` would: libraries that import or require it get `tidewire/ws`, unmodified as they are.

export {
  createWebSocketStream,
  default,
  'module.exports',
  WebSocket,
  WebSocketServer,
} from '../../../../dist/src/websocket/drop-in/index.js';
