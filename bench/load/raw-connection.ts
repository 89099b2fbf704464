// A WebSocket connection of the load generator: a plain socket, an opening handshake, and bytes both ways.
import { createHash, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** RFC 6455, section 1.3. */
const guid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Opening slows down past some thousands of connections, open or just closed, from one source address. */
const sourceAddresses = 200;

/** All sockets read into one block: what arrives is looked at before the next read, and never kept. */
const readBuffer = Buffer.allocUnsafe(512 * 1024);

export interface RawConnectionOptions {
  readonly port: number;
  /** Counts the connections of this process, and picks the source address. */
  readonly index: number;
  readonly deflate: boolean;
  /** @default '/' */
  readonly path?: string;
  readonly subprotocol?: string;
}

export class RawConnection {
  readonly socket: Socket;
  /** The `Sec-WebSocket-Extensions` the server agreed to; empty for none. */
  extensions = '';
  /** Takes what arrives after the handshake; the chunk is overwritten by the next. */
  onData: (chunk: Buffer) => void = () => {};
  /** Called once when the connection ends, for whatever reason. */
  onEnd: (reason: string) => void = () => {};

  #head = '';
  #open = false;

  /** Resolves when the server has accepted the upgrade; rejects with what it answered instead. */
  static open(options: RawConnectionOptions): Promise<RawConnection> {
    return new Promise((resolve, reject) => new RawConnection(options, resolve, reject));
  }

  private constructor(
    options: RawConnectionOptions,
    resolve: (connection: RawConnection) => void,
    reject: (error: Error) => void,
  ) {
    const { port, index } = options;
    const key = randomBytes(16).toString('base64');
    this.onEnd = (reason) => reject(new Error(reason));
    this.socket = connect({
      host: '127.0.0.1',
      port,
      localAddress: `127.0.${1 + (index % sourceAddresses)}.1`,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length, buffer) => {
          const chunk = (buffer as Buffer).subarray(0, length);
          if (this.#open) this.onData(chunk);
          else this.#receiveHead(chunk, key, resolve);
          return true;
        },
      },
    });
    this.socket.on('error', (error) => this.onEnd(error.message));
    this.socket.on('close', () => this.onEnd('the server closed the connection'));
    this.socket.write(requestHead(key, options));
  }

  /** Destroys the socket; resolves when it is gone. */
  close(): Promise<void> {
    this.onEnd = () => {};
    return new Promise((resolve) => {
      this.socket.once('close', () => resolve());
      this.socket.destroy();
    });
  }

  #receiveHead(chunk: Buffer, key: string, resolve: (connection: RawConnection) => void): void {
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf('\r\n\r\n');
    if (end === -1) return;
    const [status, ...fields] = this.#head.slice(0, end).split('\r\n');
    const headers = new Map(
      fields.map((line) => line.split(/: */, 2) as [string, string]).map(([n, v]) => [n.toLowerCase(), v]),
    );
    const accept = createHash('sha1')
      .update(key + guid)
      .digest('base64');
    if (!status!.startsWith('HTTP/1.1 101 ') || headers.get('sec-websocket-accept') !== accept) {
      this.onEnd(`the server refused the upgrade: ${status}`);
      this.socket.destroy();
      return;
    }
    this.extensions = headers.get('sec-websocket-extensions') ?? '';
    this.#open = true;
    this.onEnd = () => {};
    resolve(this);
    const rest = this.#head.length - end - 4;
    if (rest === 0) return;
    // Whoever waits for the connection takes what follows the head, a turn later.
    const bytes = Buffer.from(chunk.subarray(chunk.length - rest));
    setImmediate(() => this.onData(bytes));
  }
}

/** The request a browser would send. */
function requestHead(key: string, { port, deflate, path = '/', subprotocol }: RawConnectionOptions): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Pragma: no-cache',
    'Cache-Control: no-cache',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Upgrade: websocket',
    `Origin: http://127.0.0.1:${port}`,
    'Sec-WebSocket-Version: 13',
    'Accept-Encoding: gzip, deflate, br, zstd',
    'Accept-Language: en-GB,en;q=0.9',
    `Sec-WebSocket-Key: ${key}`,
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    ...(deflate ? ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'] : []),
    '\r\n',
  ].join('\r\n');
}

/**
 * Opens `count` connections, at most 128 at a time, numbered from `firstIndex`. Each counts as open when `attend` has
 * resolved, if there is one.
 */
export async function openConnections(
  count: number,
  options: Omit<RawConnectionOptions, 'index'> & { readonly firstIndex?: number },
  attend?: (connection: RawConnection, index: number) => Promise<void>,
): Promise<RawConnection[]> {
  const connections: RawConnection[] = [];
  let next = options.firstIndex ?? 0;
  const end = next + count;
  const lane = async () => {
    while (next < end) {
      const index = next++;
      const connection = await RawConnection.open({ ...options, index });
      connections.push(connection);
      await attend?.(connection, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, 128) }, lane));
  for (const connection of connections) {
    if (options.deflate && !connection.extensions.startsWith('permessage-deflate')) {
      throw new Error('the server did not agree to permessage-deflate');
    }
  }
  return connections;
}
