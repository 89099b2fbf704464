// Endpoints that break the RFC on purpose, to see the suite notice.

import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { acceptFor } from '../../src/conformance/script/opening.ts';
import { type Frame, frame } from '../../src/conformance/wire/frame.ts';
import { FrameReader } from '../../src/conformance/wire/frame-reader.ts';

export interface BrokenServer extends AsyncDisposable {
  readonly url: string;
}

/** An echo server that checks nothing at all. `answer` may spoil what it sends. */
export async function brokenServer(
  answer: (reply: Frame) => Frame | undefined = (reply) => reply,
): Promise<BrokenServer> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // A test that ends early may reset the connection.
    const send = (reply: Frame) => {
      const changed = answer(reply);
      if (changed !== undefined) socket.write(changed.serialize({ masks: false, compress: undefined }));
    };
    const reader = new FrameReader({
      masked: true,
      deflate: undefined,
      onEvent: (event) => {
        if (event.type === 'message') send(frame[event.kind](event.data));
        else if (event.type === 'ping') send(frame.pong(event.data));
        else if (event.type === 'close') {
          send(frame.close(event.code));
          socket.end();
        }
      },
    });
    let head = '';
    socket.on('data', (chunk) => {
      if (head.endsWith('\r\n\r\n')) return reader.receive(chunk);
      head += chunk.toString('latin1');
      const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(head)?.[1] ?? '';
      socket.write(
        `HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\n\r\n`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
