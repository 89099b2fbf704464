// Watches a WebSocket object: which events it fired, in order, and promises for them.

import type { CloseEvent, WebSocket, WebSocketErrorEvent } from '../../../src/websocket/index.ts';

/** The names of the events, with what matters of each, such as `message hello` and `close 1006`. */
export function logEvents(socket: WebSocket): string[] {
  const log: string[] = [];
  socket.addEventListener('open', () => log.push('open'));
  socket.addEventListener('message', ({ data }) => log.push(`message ${data}`));
  socket.addEventListener('error', () => log.push('error'));
  socket.addEventListener('close', ({ code }) => log.push(`close ${code}`));
  return log;
}

export function opened(socket: WebSocket): Promise<Event> {
  return new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
}

export function nextMessage(socket: WebSocket): Promise<MessageEvent> {
  return new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }));
}

export function failed(socket: WebSocket): Promise<WebSocketErrorEvent> {
  return new Promise((resolve) => socket.addEventListener('error', resolve, { once: true }));
}

export function closed(socket: WebSocket): Promise<CloseEvent> {
  return new Promise((resolve) => socket.addEventListener('close', resolve, { once: true }));
}

/** The next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
