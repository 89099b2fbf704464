// Prints a contract as an AsyncAPI 3.0 document (https://www.asyncapi.com/docs/reference/specification/v3.0.0).
//
// It describes the server: it *receives* what clients publish and call, and *sends* what subscribers hear.

import type { AnyCallContract } from './call-contract.ts';
import type { AnyChannelContract } from './channel-contract.ts';
import type { Contract } from './contract.ts';
import { type PrintOptions, printSchema } from './json-schema.ts';
import { describeRule } from './rule.ts';
import type { StandardSchema } from './standard-schema.ts';

export interface AsyncApiOptions extends PrintOptions {
  /** Where it is served, by a name of one's own: `{ production: { host: 'example.com', protocol: 'wss' } }`. */
  readonly servers?: Readonly<
    Record<string, { readonly host: string; readonly protocol: 'ws' | 'wss'; readonly pathname?: string }>
  >;
}

type Part = Record<string, unknown>;

/** The parts of the document that grow with every channel and call. */
interface Parts {
  readonly channels: Part;
  readonly operations: Part;
  readonly messages: Part;
}

/** @throws {UsageError} when a schema can neither print itself nor be converted. */
export function printAsyncApi(contract: Contract, options: AsyncApiOptions = {}): Record<string, unknown> {
  const parts: Parts = { channels: {}, operations: {}, messages: {} };
  for (const [key, channel] of Object.entries(contract.channels)) addChannel(parts, [key, channel], options);
  for (const [key, call] of Object.entries(contract.calls)) addCall(parts, [key, call], options);
  return {
    asyncapi: '3.0.0',
    info: { title: contract.title, version: contract.version },
    defaultContentType: 'application/json',
    ...(options.servers !== undefined && { servers: options.servers }),
    channels: parts.channels,
    operations: parts.operations,
    components: { messages: parts.messages },
  };
}

function addChannel(
  parts: Parts,
  [key, channel]: readonly [string, AnyChannelContract],
  options: PrintOptions,
): void {
  const { policy, rules, pattern, description } = channel;
  const published = addMessage(parts, `${key}Published`, [channel.payload, 'input'], options);
  const delivered = addMessage(parts, `${key}Delivered`, [channel.payload, 'output'], options);
  const presence =
    channel.presence === undefined
      ? undefined
      : addMessage(parts, `${key}Presence`, [channel.presence, 'output'], options);
  const parameters = Object.fromEntries(
    pattern.parameterNames.map((name: string) => [name, { description: 'one segment of the channel name' }]),
  );
  parts.channels[key] = {
    address: pattern.pattern,
    ...(description !== undefined && { description }),
    ...(pattern.parameterNames.length > 0 && { parameters }),
    messages: { ...published.entry, ...delivered.entry, ...presence?.entry },
    'x-tidewire': {
      ...policy,
      allow: Object.fromEntries(
        Object.entries(rules).map(([verb, rule]) => [verb, describeRule(rule as never)]),
      ),
    },
  };
  parts.operations[`${key}Publish`] = operation('receive', key, [published]);
  parts.operations[`${key}Subscribe`] = operation('send', key, [delivered]);
  if (presence !== undefined) parts.operations[`${key}Watch`] = operation('send', key, [presence]);
}

function addCall(parts: Parts, [key, call]: readonly [string, AnyCallContract], options: PrintOptions): void {
  const request = addMessage(parts, `${key}Request`, [call.input, 'input'], options);
  const response = addMessage(parts, `${key}Response`, [call.output, 'output'], options);
  const channel = `${key}Call`;
  // 3.0, Channel Object: the address may be null "when the channel is not known" to the transport; a call has none.
  parts.channels[channel] = {
    address: null,
    ...(call.description !== undefined && { description: call.description }),
    messages: { ...request.entry, ...response.entry },
    'x-tidewire': {
      call: key,
      stream: call.isStream,
      deadlineMs: call.deadlineMs,
      allow: describeRule(call.rule as never),
    },
  };
  parts.operations[channel] = {
    ...operation('receive', channel, [request]),
    reply: {
      channel: { $ref: `#/channels/${channel}` },
      messages: [{ $ref: `#/channels/${channel}/messages/${response.name}` }],
    },
  };
}

interface Message {
  readonly name: string;
  /** Goes into the messages of a channel. */
  readonly entry: Part;
}

function addMessage(
  parts: Parts,
  name: string,
  [schema, io]: readonly [StandardSchema, 'input' | 'output'],
  options: PrintOptions,
): Message {
  const payload = printSchema(schema, name, { ...options, io, target: 'draft-07' });
  parts.messages[name] = { name, payload };
  return { name, entry: { [name]: { $ref: `#/components/messages/${name}` } } };
}

function operation(action: 'send' | 'receive', channel: string, messages: readonly Message[]): Part {
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    messages: messages.map(({ name }) => ({ $ref: `#/channels/${channel}/messages/${name}` })),
  };
}
