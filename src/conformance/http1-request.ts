// A request of the client under test over HTTP/1.1.

import type { Socket } from 'node:net';
import { openClient } from './client-opening.ts';
import { type ClientRequest, type OpenedClient, sendOnly } from './client-request.ts';
import type { Case } from './script/case.ts';
import { acceptFor, response } from './script/opening.ts';
import { headerOf, type ReceivedHead, readHead } from './wire/http-head.ts';
import { WireConnection } from './wire/wire-connection.ts';

/** The request on a socket, or undefined when no whole head of one comes before the deadline. */
export async function readHttp1Request(
  socket: Socket,
  deadlineMs: number,
): Promise<ClientRequest | undefined> {
  const head = await readHead(socket, deadlineMs);
  return head.type === 'head' ? new Http1Request(socket, head) : undefined;
}

class Http1Request implements ClientRequest {
  readonly #socket: Socket;
  readonly #head: ReceivedHead;

  constructor(socket: Socket, head: ReceivedHead) {
    this.#socket = socket;
    this.#head = head;
  }

  get target(): string {
    return this.#head.startLine.split(' ')[1] ?? '/';
  }

  open(each: Case, deadlineMs: number): Promise<OpenedClient> {
    return openClient(each, this.#socket, { head: this.#head, deadlineMs });
  }

  async answer(text: string, deadlineMs: number): Promise<void> {
    const key = headerOf(this.#head, 'sec-websocket-key');
    if (key === undefined) {
      const length = Buffer.byteLength(text);
      this.#socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${text}`,
      );
      return;
    }
    this.#socket.write(response().serialize(new Map([['accept', acceptFor(key)]])));
    const { rest } = this.#head;
    const connection = new WireConnection(this.#socket, {
      suiteIs: 'server',
      deflate: undefined,
      head: rest,
    });
    await sendOnly(connection, text, deadlineMs);
  }

  refuse(): void {
    this.#socket.write('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  }
}
