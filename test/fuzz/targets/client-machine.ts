// The client's machine, and a server that says anything at any time.

import {
  asClientPacket,
  ClientMachine,
  ClientPresence,
  type ClientSubscription,
  jsonCodec,
  messagePackCodec,
  type PacketCodec,
  type ReceivedPublication,
} from '../../../src/session/index.ts';
import type { SeededRandom } from '../../../src/testkit/simulator/seeded-random.ts';
import { type FuzzTarget, promise } from '../fuzz-target.ts';
import { anyError, anyServerPacket, anyVerdict, anyWelcome } from './packet-grammar.ts';

const channels = ['log', 'state', 'signal', 'mailbox'] as const;
const orders = [
  'sub',
  'window',
  'unsub',
  'pub',
  'signal',
  'hist',
  'call',
  'cancel',
  'watch',
  'unwatch',
  'enter',
  'leave',
];
const events = [
  'open',
  'closed 1006',
  'closed 4200',
  'closed 4300',
  'closed 1000',
  'wake',
  'credential',
  'finish',
  'connect',
];

/**
 * An input is a script of lines: `> …` is a message of the server, `= …` answers the oldest request (`=ok {…}` or
 * `=err {…}`), `@100` lets time pass, and the rest happens to the transport or is an order of the application. The first
 * line says `m` for MessagePack.
 */
export const clientMachineTarget: FuzzTarget = {
  name: 'client-machine',
  promise: 'nothing thrown for what a server says; legal packets only; deliveries in order; bounded work',
  weight: 0.8,
  words: [
    '\n',
    '=ok {}\n',
    '=ok null\n',
    '=err {}\n',
    'open\n',
    '@100\n',
    '@40000\n',
    'finish\n',
    ...orders.map((order) => `${order} log\n`),
  ],

  generate(random) {
    const lines = [random.pick(['j', 'm']), 'sub log', 'open', `> ${JSON.stringify(anyWelcome(random))}`];
    for (let steps = random.integer(2, 40); steps > 0; steps -= 1) lines.push(anyLine(random));
    return Buffer.from(lines.join('\n'));
  },

  run(input) {
    const stage = new Stage();
    for (const line of Buffer.from(input).toString('utf8').split('\n', 200)) stage.play(line);
    return stage.finish();
  },
};

function anyLine(random: SeededRandom): string {
  const way = random.float();
  if (way < 0.2)
    return `=ok ${JSON.stringify(random.chance(0.7) ? anyVerdict(random) : { e: 'e1', o: 1, dup: false })}`;
  if (way < 0.27) return `=err ${JSON.stringify(anyError(random))}`;
  if (way < 0.45) return `${random.pick(orders)} ${random.pick(channels)}`;
  if (way < 0.55) return random.pick(events);
  if (way < 0.65) return `@${random.pick([0, 1, 100, 5_000, 30_000])}`;
  if (way < 0.68) return `> ${random.pick(['', '{', 'null', '{"t":"reply","id":1}'])}`;
  if (way < 0.72) return `> ${JSON.stringify(anyWelcome(random))}`;
  return `> ${JSON.stringify(anyServerPacket(random))}`;
}

class Stage {
  readonly #machine: ClientMachine;
  readonly #presence: ClientPresence;
  readonly #summary = new Set<string>();
  readonly #subscriptions = new Map<string, ClientSubscription>();
  readonly #finishes: (() => void)[] = [];
  readonly #asked: number[] = [];
  #codec: PacketCodec = jsonCodec;
  #isTransportOpen = false;
  #isTransportWanted = false;
  #now = 0;
  #sent = 0;
  #ids = 0;
  #call = 0;

  constructor() {
    this.#machine = new ClientMachine({
      credential: 'ann',
      room: {
        maxQueuedPublications: 5,
        maxQueuedBytes: 1_000,
      },
      host: {
        openTransport: () => {
          this.#isTransportWanted = true;
        },
        onState: (state) => this.#summary.add(state),
        onCredentialNeeded: () => this.#summary.add('credential'),
        randomId: () => `producer-${++this.#ids}`,
        random: () => 0.5,
      },
    });
    this.#presence = this.#machine.attach(
      (part, clock) => new ClientPresence(part, { clock, maxMembers: 5 }),
    );
    this.#machine.connect(0);
  }

  play(line: string): void {
    const [word = '', argument = ''] = line.split(' ', 2);
    const rest = line.slice(word.length + 1);
    if (word === 'm') this.#codec = messagePackCodec;
    else if (word === '>') this.#receive(rest);
    else if (word === '=ok') this.#answer('ok', rest);
    else if (word === '=err') this.#answer('err', rest);
    else if (word.startsWith('@')) this.#pass(Math.min(60_000, Number.parseInt(word.slice(1), 10) || 0));
    else if (!this.#happen(word, argument)) this.#order(word, argument || 'log');
    // A machine may send as often as it was told something, and no more.
    promise(this.#sent < 20_000, `${this.#sent} packets sent`);
  }

  finish(): string {
    this.#pass(60_000);
    this.#machine.bye(this.#now);
    promise(this.#machine.state === 'stopped', 'not stopped after bye');
    return [...this.#summary].sort().join(' ');
  }

  /** What happens to the transport and the page; `false` when the word is an order. */
  #happen(word: string, argument: string): boolean {
    const machine = this.#machine;
    switch (word) {
      case 'open':
        if (this.#isTransportWanted) this.#openTransport();
        return true;
      case 'closed':
        this.#isTransportOpen = false;
        machine.transportClosed(Number.parseInt(argument, 10) || 1006, this.#now);
        return true;
      case 'wake':
        machine.wake(this.#now);
        return true;
      case 'credential':
        machine.setCredential('another', this.#now);
        return true;
      case 'connect':
        machine.connect(this.#now);
        return true;
      case 'finish':
        this.#finishes.shift()?.();
        return true;
      default:
        return false;
    }
  }

  #order(word: string, channel: string): void {
    const machine = this.#machine;
    const now = this.#now;
    const tell = (what: string): void => void this.#summary.add(what);
    const subscription = this.#subscriptions.get(channel);
    switch (word) {
      case 'sub':
      case 'window':
        this.#subscribe(channel, word === 'window' ? 2 : undefined);
        break;
      case 'unsub':
        if (subscription !== undefined) machine.unsubscribe(subscription, now);
        break;
      case 'pub':
        machine.publish(
          channel,
          { data: 1 },
          { now, done: (result) => tell(`published ${Object.keys(result).join()}`) },
        );
        break;
      case 'signal':
        machine.signal(channel, 1, now);
        break;
      case 'hist':
        machine.ask(
          { t: 'hist', ch: channel, dir: 'fwd', n: 3 },
          { now, done: (result) => tell(`history ${Object.keys(result)}`) },
        );
        break;
      case 'call':
        this.#call = machine.ask(
          { t: 'rpc', m: 'echo', ms: 1_000 },
          { now, done: (result) => tell(`called ${Object.keys(result)}`), onPart: () => tell('part') },
        );
        break;
      case 'cancel':
        machine.tell({ t: 'cancel', id: this.#call });
        break;
      case 'watch':
        this.#presence.watch(channel, {
          onMembers: () => tell('members'),
          onRefused: () => tell('watch refused'),
        });
        break;
      case 'unwatch':
        this.#presence.unwatch(channel);
        break;
      case 'enter':
        this.#presence.enter(channel, 'here');
        break;
      case 'leave':
        this.#presence.leave(channel);
        break;
      default:
    }
  }

  #subscribe(channel: string, window: number | undefined): void {
    let last = -1;
    const handler = {
      onPublication: (publication: ReceivedPublication, finish: () => void): void => {
        this.#summary.add('publication');
        this.#promiseOrder(publication, channel, last);
        last = publication.position.offset;
        if (this.#finishes.length < 1_000) this.#finishes.push(finish);
      },
      onGap: (reason: string): void => {
        this.#summary.add(`gap ${reason}`);
        last = -1;
      },
      onSubscribed: (): void => {
        this.#summary.add('subscribed');
        last = -1;
      },
      onEnd: (): void => void this.#summary.add('end'),
    };
    const options = { channel, handler, ...(window !== undefined && { window }) };
    this.#subscriptions.set(channel, this.#machine.subscribe(options, this.#now));
  }

  /** Whatever the server does: nothing of a `log` comes twice or out of order without a word. */
  #promiseOrder(
    { position, stateKey, removed, publisher, publishedAt }: ReceivedPublication,
    channel: string,
    last: number,
  ): void {
    const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
    promise(isText(stateKey) && isText(publisher), 'a publication with a name that is no text');
    promise(
      publishedAt === undefined || typeof publishedAt === 'number',
      'a publication with a time that is none',
    );
    promise(removed === undefined || removed === true, 'a publication that is removed in another way');
    const subscription = this.#subscriptions.get(channel);
    if (subscription?.isContinuable === true)
      promise(position.offset > last, `offset ${position.offset} after ${last}`);
  }

  #openTransport(): void {
    this.#isTransportWanted = false;
    this.#isTransportOpen = true;
    this.#asked.length = 0;
    const codec = this.#codec;
    let isOpen = true;
    const transport = {
      send: (message: string | Uint8Array): void => {
        promise(isOpen, 'something was sent after the close');
        const packet = asClientPacket(codec.decode(message));
        this.#sent += 1;
        this.#summary.add(`> ${packet.t}`);
        if ('id' in packet && packet.id !== undefined && packet.t !== 'hello' && this.#asked.length < 500)
          this.#asked.push(packet.id);
      },
      close: (code: number, reason: string): void => {
        promise(isOpen, 'closed twice');
        promise(Buffer.byteLength(reason) <= 123, () => `a reason of ${Buffer.byteLength(reason)} bytes`);
        isOpen = false;
        this.#isTransportOpen = false;
        this.#summary.add(`closed ${code}`);
      },
    };
    this.#machine.transportOpened(transport, codec, this.#now);
  }

  #answer(kind: 'ok' | 'err', body: string): void {
    const id = this.#asked.shift();
    if (id !== undefined) this.#receive(`{"t":"reply","id":${id},"${kind}":${body}}`);
  }

  #receive(text: string): void {
    if (!this.#isTransportOpen) return;
    this.#machine.receive(this.#encoded(text), this.#now);
  }

  #encoded(text: string): string | Uint8Array {
    if (this.#codec === jsonCodec) return text;
    try {
      return messagePackCodec.encode(JSON.parse(text));
    } catch {
      // Not JSON, or too deep: it is sent as it is.
      return Buffer.from(text);
    }
  }

  #pass(ms: number): void {
    const until = this.#now + ms;
    for (let turns = 0; ; turns += 1) {
      const at = this.#machine.nextTimeout();
      if (at === undefined || at > until) break;
      promise(turns < 5_000, 'its deadlines never end');
      this.#now = Math.max(this.#now, at);
      this.#machine.handleTimeout(this.#now);
    }
    this.#now = until;
  }
}
