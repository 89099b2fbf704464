// One connection to a channel server: authenticates, subscribes, and counts and verifies what is delivered.
import type { ChannelDialect } from './channel-dialect.ts';
import { buildFrame } from './frames.ts';
import { MessageReader } from './message-reader.ts';
import type { RawConnection } from './raw-connection.ts';

export interface ChannelClientOptions {
  readonly dialect: ChannelDialect;
  /** What every payload holds. */
  readonly body: Buffer;
  /** Whether every payload is decoded, and its number compared with the one before. */
  readonly isThorough: boolean;
}

export class ChannelClient {
  readonly connection: RawConnection;
  /** Deliveries so far. */
  received = 0;
  onDelivery: () => void = () => {};
  onFailure: (error: Error) => void;
  readonly #options: ChannelClientOptions;
  #onText: ((text: string) => void) | undefined;

  /** Resolves when the server has confirmed the subscription. */
  static open(connection: RawConnection, options: ChannelClientOptions): Promise<ChannelClient> {
    return new Promise((resolve, reject) => {
      const client = new ChannelClient(connection, options, reject);
      const steps = options.dialect.opening[Symbol.iterator]();
      const next = () => {
        const { done, value: step } = steps.next();
        if (done) {
          client.#onText = undefined;
          resolve(client);
          return;
        }
        client.#onText = (text) => {
          if (text.includes(step.answer)) next();
          else reject(new Error(`the server said ${text.slice(0, 200)}`));
        };
        if (step.send !== undefined) client.send(step.send);
      };
      next();
    });
  }

  private constructor(
    connection: RawConnection,
    options: ChannelClientOptions,
    onFailure: (error: Error) => void,
  ) {
    this.connection = connection;
    this.#options = options;
    this.onFailure = onFailure;
    const write = (bytes: Buffer) => void connection.socket.write(bytes);
    const reader = new MessageReader(write, (payload) => this.#receive(payload));
    connection.onEnd = (reason) => this.onFailure(new Error(reason));
    connection.onData = (chunk) => {
      try {
        reader.receive(chunk);
      } catch (error) {
        this.onFailure(error as Error);
      }
    };
  }

  send(...texts: readonly string[]): void {
    const frames = texts.map((text) => buildFrame(0x1, Buffer.from(text), true));
    this.connection.socket.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
  }

  #receive(message: Buffer): void {
    const { dialect, body, isThorough } = this.#options;
    if (this.#onText !== undefined) this.#onText(message.toString());
    else if (dialect.probe?.message.equals(message)) this.send(dialect.probe.answer);
    else if (message.subarray(0, dialect.delivery.length).equals(dialect.delivery)) {
      if (!message.includes(body)) throw new Error('the server delivered another payload than was published');
      if (isThorough) this.#compareNumber(dialect.payloadOf(message.toString()));
      this.received++;
      this.onDelivery();
    } else if (dialect.refusal !== undefined && message.includes(dialect.refusal)) {
      throw new Error(`the server refused: ${message}`);
    }
  }

  #last: number | undefined;

  /** Payloads are numbered: none may be missing, come twice or out of order. */
  #compareNumber(payload: unknown): void {
    const { n } = payload as { n: number };
    if (this.#last !== undefined && n !== this.#last + 1)
      throw new Error(`payload ${n} came after ${this.#last}`);
    this.#last = n;
  }
}
