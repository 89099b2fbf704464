// The client: joins the machine to sockets, time and the application. The one file that knows all parts.

import { type Contract, UsageError } from '../channel/index.ts';
import {
  type ClientHost,
  ClientMachine,
  type ClientState,
  jsonCodec,
  type ResumeState,
} from '../session/index.ts';
import { Channel } from './channel/channel.ts';
import { ChannelFeed } from './channel/channel-feed.ts';
import { basicLimitDefaults, checkNumbers } from './client-limits.ts';
import type { ClientOptions, TokenSource } from './client-options.ts';
import type { ClientStatus, ConnectionState, StatusReason } from './client-status.ts';
import { Dialer } from './connection/dialer.ts';
import { serverAddresses } from './connection/server-address.ts';
import type { ChannelFor, ChannelName } from './contract-inference.ts';
import { type ClientInternals, channelInternals, clientInternals } from './internals.ts';
import { Listeners } from './listeners.ts';
import { MachineLoop } from './machine-loop.ts';
import { type MessageReader, messageReader } from './message.ts';
import { Publisher } from './publisher.ts';
import { globalRuntime, type Runtime } from './runtime.ts';
import type { WebSocketConstructor } from './transports/websocket-transport.ts';

/** How soon a token that could not be renewed, or was refused, is asked for again. */
const renewAgainMs = 3_000;

const noAnswer: StatusReason = Object.freeze({ type: 'timeout', code: 1006, message: 'no answer in time' });

/**
 * Connects, and stays connected: nothing is to be awaited first. `url`: `wss://…`, or a path of the page's own server;
 * of several addresses the next one is taken when one does not answer.
 *
 * @throws {UsageError} when an address or an option can never work, or there is no `WebSocket` here.
 */
export function connect<const Contracts extends Contract | undefined = undefined>(
  url: string | readonly string[],
  options: ClientOptions<Contracts> = {},
): RealtimeClient<Contracts> {
  const client = new RealtimeClient<Contracts>(url, options);
  client.connect();
  return client;
}

export class RealtimeClient<Contracts extends Contract | undefined = Contract | undefined> {
  readonly #options: ClientOptions<Contracts>;
  readonly #limits: ClientInternals['limits'];
  readonly #runtime: Runtime;
  readonly #loop: MachineLoop;
  readonly #dialer: Dialer;
  readonly #publisher: Publisher;
  readonly #internals: ClientInternals;
  readonly #channels = new Map<string, Channel<never, never, never>>();
  readonly #feeds = new Map<string, ChannelFeed>();
  readonly #states = new Listeners<ClientStatus>();
  #status: ClientStatus = Object.freeze({ state: 'idle', attempt: 0 });
  #reason: StatusReason | undefined;
  #endSigns: (() => void) | undefined;
  #cancelRenewal: (() => void) | undefined;

  /** Does not connect yet. `runtime` is for tests. */
  constructor(
    url: string | readonly string[],
    options: ClientOptions<Contracts> = {},
    runtime: Runtime = globalRuntime,
  ) {
    const WebSocket = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
    if (WebSocket === undefined) {
      throw new UsageError("no WebSocket: pass that of 'tidewire/websocket'");
    }
    this.#options = options;
    this.#limits = { ...basicLimitDefaults, ...options.limits };
    this.#runtime = runtime;
    const { codec = jsonCodec, times = {}, backoff = {} } = options;
    checkNumbers({ ...this.#limits, ...times, ...backoff });
    const resume = options.resume?.take();
    const outbox = options.outbox?.({
      tell: (act) => this.#loop.do(act),
      report: (error) => this.#report(error),
    });
    this.#loop = new MachineLoop(
      runtime,
      (loop) =>
        new ClientMachine({
          host: this.#host(loop),
          room: this.#limits,
          parts: outbox && { Outbox: outbox.Outbox },
          resume,
          times,
          backoff,
        }),
    );
    this.#publisher = new Publisher(this.#loop, outbox?.restored());
    this.#internals = {
      loop: this.#loop,
      runtime,
      limits: this.#limits,
      contracts: options.contracts,
      isChecked: options.validateIncoming ?? true,
      onState: (listener) => this.#states.add(listener),
      report: (error) => this.#report(error),
    };
    clientInternals.set(this, this.#internals);
    this.#dialer = new Dialer({ urls: serverAddresses(url), WebSocket, codec }, options.token, {
      onToken: (token = '') => this.#loop.do((machine, now) => machine.setCredential(token, now)),
      onOpen: (transport) => this.#loop.do((machine, now) => machine.transportOpened(transport, codec, now)),
      onMessage: (message) => this.#loop.do((machine, now) => machine.receive(message, now)),
      onClose: (reason) => {
        this.#reason = reason;
        this.#loop.do((machine, now) => machine.transportClosed(reason.code, now));
      },
      onGivenUp: (reason) => {
        this.#reason ??= reason;
      },
    });
  }

  get state(): ConnectionState {
    return this.#status.state;
  }

  /** What to show to a person. A new object with each change. */
  get status(): ClientStatus {
    return this.#status;
  }

  /** Calls back with each change of `status`. Returns what ends it. */
  onState(listener: (status: ClientStatus) => void): () => void {
    return this.#states.add(listener);
  }

  /** Publications that nobody has answered yet, those of an earlier life included. */
  get unanswered(): number {
    return this.#loop.do((machine) => machine.unanswered);
  }

  /** Public name of the session, once there is one. */
  get sid(): string | undefined {
    return this.#loop.do((machine) => machine.sid);
  }

  /**
   * The channel of this name; the same object each time. Nothing is sent yet.
   * @throws {UsageError} when no contract describes it. */
  channel<const Name extends ChannelName<Contracts>>(name: Name): ChannelFor<Contracts, Name> {
    const channel = this.#channels.get(name) ?? this.#createChannel(name);
    return channel as unknown as ChannelFor<Contracts, Name>;
  }

  /** Connects at once, if there is no connection: also from `stopped`, and before the wait is over. */
  connect(): void {
    this.#endSigns ??= this.#runtime.onSign({
      onWake: () => this.wake(),
      onHide: () => this.#save(),
      onShow: () => {
        // What was saved was not needed: the page is still there.
        this.#options.resume?.take();
        this.wake();
      },
    });
    this.#loop.do((machine, now) => {
      if (machine.state === 'waiting') machine.wake(now);
      else machine.connect(now);
    });
  }

  /** There may be something new of the network: a waiting client connects, and an open connection is tried. In a browser
   * this is called when the page becomes visible and when the network returns. */
  wake(): void {
    this.#loop.do((machine, now) => machine.wake(now));
  }

  /** A new token, or what gets one. Connects again when it was the token that was missing. */
  setToken(token: TokenSource): void {
    this.#dialer.token = token;
    void this.#renew();
  }

  /** Ends the connection without leaving, and saves what a later life needs to go on. Presence lasts for the server's
   * grace, the session for its time to live. */
  suspend(): void {
    this.#save();
    // Without a transport there is nobody to say goodbye to.
    this.#dialer.abandon();
    this.#end('suspended');
  }

  /** Leaves for good: presence ends at once. What was not answered rejects with `disconnected`. `connect` begins anew. */
  close(): void {
    this.#end('closed');
  }

  #end(message: string): void {
    this.#endSigns?.();
    this.#endSigns = undefined;
    this.#cancelRenewal?.();
    this.#reason = { type: 'client', code: 1000, message };
    this.#loop.do((machine, now) => machine.bye(now));
    this.#dialer.abandon();
    this.#publisher.close();
  }

  #save(): void {
    const { resume } = this.#options;
    const state = this.#loop.do((machine) => machine.resumeState);
    if (resume === undefined || state === undefined) return;
    resume.save({ ...state, positions: this.#handledPositions(state) });
  }

  /** Not where the connection stands, but up to where the application has handled everything. */
  #handledPositions(state: ResumeState): ResumeState['positions'] {
    return state.positions.map(([channel, position]) => [
      channel,
      this.#feeds.get(channel)?.handledPosition ?? position,
    ]);
  }

  #host(loop: MachineLoop): ClientHost {
    return {
      openTransport: (elsewhere) => loop.tell(() => this.#dialer.open(elsewhere)),
      onState: (state) => loop.tell(() => this.#onState(state)),
      onCredentialNeeded: () => loop.tell(() => this.#onCredentialNeeded()),
      onSubscribed: (channel) => {
        const { onSubscribed } = this.#options;
        if (onSubscribed !== undefined) {
          // Later, so that what it throws is reported, and harms nobody.
          Promise.resolve(channel)
            .then(onSubscribed)
            .catch((error) => this.#report(error));
        }
        return onSubscribed !== undefined;
      },
      randomId: () => this.#runtime.randomId(),
      random: () => this.#runtime.random(),
    };
  }

  #onState(state: ClientState): void {
    // The machine has waited in vain: what was being opened is not wanted any more.
    if (state === 'waiting') this.#dialer.abandon();
    this.#tell(state === 'greeting' ? 'connecting' : state);
  }

  #tell(state: ConnectionState): void {
    const before = this.#status;
    if (state === before.state && state === 'connecting') return;
    const reason = this.#reason ?? (state === 'waiting' ? noAnswer : before.reason);
    // What is told of the next attempt is its own.
    this.#reason = undefined;
    this.#status = Object.freeze({
      state,
      attempt: state === 'open' ? 0 : before.attempt + Number(state === 'connecting'),
      ...(state !== 'open' && reason !== undefined && { reason }),
      ...(state === 'waiting' && { nextAttemptAt: this.#nextAttemptAt() }),
    });
    this.#states.call(this.#status, (error) => this.#report(error));
  }

  #nextAttemptAt(): number {
    const at = this.#loop.do((machine) => machine.reconnectAt) ?? 0;
    return Math.round(this.#runtime.wallTime() + Math.max(0, at - this.#runtime.now()));
  }

  #onCredentialNeeded(): void {
    // Whoever gave a token as a string is told by the state, and calls `setToken`.
    if (!this.#dialer.canRenew) return;
    if (this.#loop.do(({ state }) => state) === 'open') return void this.#renew();
    // Connecting gets the token; not at once, so that a token that is never good enough does no harm.
    const waitMs = renewAgainMs * this.#runtime.random();
    this.#cancelRenewal?.();
    this.#cancelRenewal = this.#runtime.setTimer(waitMs, () =>
      this.#loop.do((machine, now) => machine.setCredential('', now)),
    );
  }

  /** Says the new token to the server. */
  async #renew(): Promise<void> {
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
    try {
      const token = await this.#dialer.getToken();
      if (token !== undefined) this.#loop.do((machine, now) => machine.setCredential(token, now));
    } catch (error) {
      this.#report(error);
      if (this.#dialer.canRenew)
        this.#cancelRenewal = this.#runtime.setTimer(renewAgainMs, () => void this.#renew());
    }
  }

  #createChannel(name: string): Channel<never, never, never> {
    const client = this.#internals;
    const { contracts, isChecked, report } = client;
    const contract = contracts?.findChannel(name)?.contract;
    if (contracts !== undefined && contract === undefined) {
      throw new UsageError(`no contract describes the channel ${name}`);
    }
    const reader = messageReader(isChecked ? contract : undefined, report);
    const channel = new Channel<never, never, never>(name, contract, {
      publisher: this.#publisher,
      report,
      feed: () => this.#feed(name, reader),
    });
    channelInternals.set(channel, { client, contract, reader });
    this.#channels.set(name, channel);
    return channel;
  }

  #feed(channel: string, reader: MessageReader): ChannelFeed {
    let feed = this.#feeds.get(channel);
    if (feed === undefined) {
      feed = new ChannelFeed({ channel, reader, loop: this.#loop, window: this.#limits.maxUnhandled });
      this.#feeds.set(channel, feed);
    }
    return feed;
  }

  #report(error: unknown): void {
    try {
      (this.#options.onError ?? console.error)(error);
    } catch (thrown) {
      // Whoever is told of errors must not make one: this one is told where nothing can throw.
      console.error(thrown);
    }
  }
}
