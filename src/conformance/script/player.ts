// Plays the steps of a case on an open connection, and judges what comes back.

import { frame } from '../wire/frame.ts';
import type { WireConnection } from '../wire/wire-connection.ts';
import { describeEvent, type WireEvent } from '../wire/wire-event.ts';
import type { Case } from './case.ts';
import { type Answer, closing, endsConnection, type Pieces, type Step } from './steps.ts';
import { acceptable, failed, informational, type Outcome, strict, worse } from './verdict.ts';

/** How much of the deadline the suite waits for a reaction before it asks with a Ping whether the endpoint simply carries on. */
const settleShare = 0.08;
const probe = 'still there?';
/** What an endpoint says when a message is more than it takes. */
const limitCodes: readonly number[] = [1008, 1009, 1011];

export async function play(each: Case, connection: WireConnection, deadlineMs: number): Promise<Outcome> {
  const steps = [...each.play];
  const last = steps.at(-1);
  if (last === undefined || !endsConnection(last)) steps.push(closing(frame.close(1000), 1000));

  let outcome = strict;
  for (const step of steps) {
    const player = new StepPlayer(connection, deadlineMs, Math.max(each.deadlineMs ?? 0, deadlineMs));
    outcome = worse(outcome, await player.play(step));
    if (outcome.verdict === 'failed' || player.over) break;
  }
  return each.informational ? asInformation(outcome) : outcome;
}

function asInformation(outcome: Outcome): Outcome {
  if (outcome.verdict === 'failed') return outcome;
  return informational(outcome.detail === '' ? 'as the RFC recommends' : outcome.detail);
}

class StepPlayer {
  readonly #connection: WireConnection;
  readonly #deadline: number;
  readonly #settleMs: number;
  #over = false;

  constructor(connection: WireConnection, deadlineMs: number, timeoutMs: number) {
    this.#connection = connection;
    this.#settleMs = deadlineMs * settleShare;
    this.#deadline = performance.now() + timeoutMs;
  }

  /** The connection ended as this step allows it to, so the steps that follow have no object. */
  get over(): boolean {
    return this.#over;
  }

  async play(step: Step): Promise<Outcome> {
    switch (step.type) {
      case 'send':
        return this.#send(step.frames, step.how);
      case 'send bytes':
        this.#connection.sendBytes(step.bytes);
        return strict;
      case 'end':
        this.#connection.end();
        return strict;
      case 'stop reading':
        return this.#stopReading(step.untilSent);
      case 'message':
        return this.#expectMessage(step);
      case 'messages':
        return this.#expectMessages(step);
      case 'pong':
        return this.#expectPong(step);
      case 'pongs':
        return this.#expectPongs(step);
      case 'together':
        return this.#expectTogether(step.steps);
      case 'failure':
        return this.#expectFailure(step);
      case 'closing':
        this.#connection.send(step.close);
        return this.#expectClosed(step.code);
      case 'closed':
        return this.#expectClosed(step.code);
      case 'ended':
        return this.#expectEnded(step.silently);
      case 'observe':
        return this.#observe();
      default:
        return step satisfies never;
    }
  }

  async #send(frames: readonly Parameters<WireConnection['send']>[number][], how: Pieces): Promise<Outcome> {
    const { bytesEach, cutAt, pauseMs } = how;
    if (bytesEach === undefined && cutAt === undefined) {
      this.#connection.send(...frames);
      return strict;
    }
    const bytes = this.#connection.serialize(frames);
    const described = frames.map((each) => each.describe()).join(' + ');
    this.#connection.note(`${described}, ${cutAt ? `cut at ${cutAt}` : `${bytesEach} bytes a write`}`);
    const cuts = cutAt ?? everyNth(bytes.length, bytesEach!);
    const pieces: Buffer[] = [];
    let from = 0;
    for (const to of [...cuts.filter((cut) => cut < bytes.length), bytes.length]) {
      pieces.push(bytes.subarray(from, to));
      from = to;
    }
    await this.#connection.writePieces(pieces, pauseMs);
    return strict;
  }

  /** Sends frames while reading nothing, then reads on: what is lost or reordered shows in the following steps. */
  async #stopReading(untilSent: number): Promise<Outcome> {
    this.#connection.pause();
    const message = frame.binary(Buffer.alloc(64 * 1024, 'x'));
    const count = Math.ceil(untilSent / (64 * 1024));
    this.#connection.note(`${count} × ${message.describe()}, reading nothing`);
    for (let sent = 0; sent < count; sent++) this.#connection.write(this.#connection.serialize([message]));
    await new Promise((resolve) => setTimeout(resolve, this.#settleMs));
    this.#connection.resume();
    return strict;
  }

  async #expectMessage(step: Extract<Step, { type: 'message' }>): Promise<Outcome> {
    const event = await this.#next();
    const wanted = `${step.kind} of ${step.data.length} bytes`;
    if (event === undefined) return failed(`no ${wanted} before the deadline`);
    if (event.type === 'message') {
      if (event.kind !== step.kind) return failed(`expected ${wanted}, got ${describeEvent(event)}`);
      return event.data.equals(step.data)
        ? strict
        : failed(`${wanted} came back changed: ${describeEvent(event)}`);
    }
    if (step.or === 'limit' && event.type === 'close' && limitCodes.includes(event.code ?? 0)) {
      this.#over = true;
      return acceptable(`${describeEvent(event)}: a limit of its own (10.4)`);
    }
    return this.#perhaps(step.or === 'lost', event, wanted);
  }

  async #expectMessages(step: Extract<Step, { type: 'messages' }>): Promise<Outcome> {
    for (let count = 0; count < step.count; count++) {
      if (step.mayEnd) {
        const event = await this.#next();
        if (event?.type === 'close' || event?.type === 'end') {
          this.#over = true;
          return strict;
        }
        if (event !== undefined) this.#connection.putBack(event);
      }
      const outcome = await this.#expectMessage({ ...step, type: 'message' });
      if (outcome.verdict === 'failed') return failed(`message ${count + 1}: ${outcome.detail}`);
    }
    return strict;
  }

  async #expectPong(step: Extract<Step, { type: 'pong' }>): Promise<Outcome> {
    const event = await this.#next();
    if (event === undefined) return failed('no Pong before the deadline (5.5.2)');
    if (event.type === 'pong') {
      if (event.data.equals(step.data)) return strict;
      return failed(`the Pong does not carry the Ping's payload: ${describeEvent(event)} (5.5.3)`);
    }
    return this.#perhaps(step.may, event, 'a Pong');
  }

  async #expectTogether(steps: readonly Answer[]): Promise<Outcome> {
    const left = [...steps];
    let outcome = strict;
    while (left.length > 0) {
      const event = await this.#next();
      if (event === undefined) return failed(`no ${left[0]!.type} before the deadline`);
      const found = left.findIndex(({ type }) => type === event.type);
      const [step] = left.splice(Math.max(0, found), 1);
      this.#connection.putBack(event);
      outcome = worse(outcome, await this.play(step!));
      if (outcome.verdict === 'failed') break;
    }
    return outcome;
  }

  async #expectPongs({ data: wanted, mayEnd }: Extract<Step, { type: 'pongs' }>): Promise<Outcome> {
    let at = 0;
    while (at < wanted.length) {
      const event = await this.#next();
      if (event === undefined) return failed(`no Pong for Ping ${at + 1} before the deadline (5.5.2)`);
      if (mayEnd && (event.type === 'close' || event.type === 'end')) {
        this.#over = true;
        return acceptable(`${describeEvent(event)} after ${at} Pongs: a limit of its own (10.4)`);
      }
      if (event.type !== 'pong') return failed(`expected a Pong, got ${describeEvent(event)}`);
      const found = wanted.findIndex((data, index) => index >= at && data.equals(event.data));
      if (found < 0) return failed(`a Pong that answers no open Ping: ${describeEvent(event)} (5.5.3)`);
      at = found + 1;
    }
    // 5.5.3. "the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame."
    return strict;
  }

  /** A thing that may be lost when the connection fails after it. */
  #perhaps(may: boolean, event: WireEvent, wanted: string): Outcome {
    if (may && (event.type === 'close' || event.type === 'end')) {
      this.#connection.putBack(event);
      return strict;
    }
    return failed(`expected ${wanted}, got ${describeEvent(event)}`);
  }

  async #expectFailure({ codes, unless }: Extract<Step, { type: 'failure' }>): Promise<Outcome> {
    let reached: Outcome = strict;
    let probed = false;
    let late = unless.later;
    for (;;) {
      const event = await this.#next(probed ? undefined : this.#settleMs);
      if (event === undefined) {
        if (late !== undefined) {
          reached = acceptable('the failure comes only when the rest has been sent');
          if (Buffer.isBuffer(late)) this.#connection.sendBytes(late);
          else this.#connection.send(...late);
          late = undefined;
        } else if (!probed) {
          probed = true;
          this.#connection.send(frame.ping(probe));
        } else if (unless.waits) return acceptable('the endpoint waits for more');
        else return failed('no reaction before the deadline');
        continue;
      }
      switch (event.type) {
        case 'close':
          return this.#judgeFailure(event, { codes, unless, reached });
        case 'end':
          return worse(
            reached,
            acceptable('the connection ends without a Close frame (7.1.7 recommends one)'),
          );
        case 'violation':
          if (unless.echoes && event.text.includes('more than any case asks for'))
            return acceptable(event.text);
          return failed(`the endpoint itself sent ${event.text}`);
        default:
          if (unless.echoes) return acceptable(`the endpoint carries on: ${describeEvent(event)}`);
          return failed(`the endpoint carries on: ${describeEvent(event)}`);
      }
    }
  }

  async #judgeFailure(
    event: Extract<WireEvent, { type: 'close' }>,
    { codes, unless, reached }: { codes: readonly number[]; unless: { closes?: boolean }; reached: Outcome },
  ): Promise<Outcome> {
    const right = event.code !== undefined && codes.includes(event.code);
    const isError = event.code !== undefined && event.code >= 1002 && event.code !== 1005;
    let outcome = reached;
    if (!right) {
      const sentence = `${describeEvent(event)} instead of ${codes.join(' or ')}`;
      outcome = worse(outcome, isError || unless.closes ? acceptable(sentence) : failed(sentence));
    }
    this.#connection.send(frame.close(event.code));
    if (this.#connection.suiteIs === 'server') this.#connection.end();
    return worse(outcome, await this.#expectEndOnly());
  }

  async #expectClosed(code: number | undefined): Promise<Outcome> {
    const event = await this.#next();
    if (event === undefined) return failed('no Close frame in answer before the deadline (5.5.1)');
    if (event.type === 'end') return failed('the connection ended without a Close frame in answer (5.5.1)');
    if (event.type !== 'close') return failed(`expected a Close frame, got ${describeEvent(event)}`);
    const outcome =
      event.code === code
        ? strict
        : acceptable(
            `${describeEvent(event)} answers a Close ${code === undefined ? 'without a code' : code} (5.5.1)`,
          );
    // 7.1.1: the server closes the connection of TCP first.
    if (this.#connection.suiteIs === 'server') this.#connection.end();
    return worse(outcome, await this.#expectEndOnly());
  }

  /** After both Close frames nothing may come but the end (5.5.1). */
  async #expectEndOnly(): Promise<Outcome> {
    for (;;) {
      const event = await this.#next();
      if (event === undefined) {
        return this.#connection.suiteIs === 'client'
          ? failed('the server did not end the connection after both Close frames (7.1.1)')
          : acceptable('the client did not end the connection after both Close frames');
      }
      if (event.type === 'end') return strict;
      return failed(`after its Close frame came ${describeEvent(event)} (5.5.1)`);
    }
  }

  async #expectEnded(silently: boolean): Promise<Outcome> {
    for (;;) {
      const event = await this.#next();
      if (event === undefined) return failed('the connection did not end before the deadline');
      if (event.type === 'violation' && !event.text.includes('inside a frame')) return failed(event.text);
      if (silently && event.type === 'message') return failed(`before the end came ${describeEvent(event)}`);
      if (event.type === 'end') return strict;
    }
  }

  async #observe(): Promise<Outcome> {
    const seen: string[] = [];
    let probed = false;
    for (;;) {
      const event = await this.#next(probed ? undefined : this.#settleMs);
      if (event === undefined && probed) return informational([...seen, 'silence'].join(', '));
      if (event === undefined) {
        probed = true;
        this.#connection.send(frame.ping(probe));
        continue;
      }
      if (event.type === 'violation') return failed(event.text);
      if (event.type === 'pong' && event.data.equals(Buffer.from(probe))) {
        return informational([...seen, 'the endpoint carries on'].join(', '));
      }
      seen.push(describeEvent(event));
      if (event.type === 'close') {
        this.#connection.send(frame.close(event.code));
        if (this.#connection.suiteIs === 'server') this.#connection.end();
      }
      if (event.type === 'end') return informational(seen.join(', '));
    }
  }

  /** The next event that is not a Ping of the endpoint's own: those are answered. */
  async #next(atMostMs = Number.POSITIVE_INFINITY): Promise<WireEvent | undefined> {
    const until = Math.min(this.#deadline, performance.now() + atMostMs);
    for (;;) {
      const event = await this.#connection.next(until - performance.now());
      if (event?.type !== 'ping') return event;
      this.#connection.send(frame.pong(event.data));
    }
  }
}

function everyNth(length: number, size: number): number[] {
  const cuts: number[] = [];
  for (let at = size; at < length; at += size) cuts.push(at);
  return cuts;
}
