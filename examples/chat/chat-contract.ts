// The contract of the chat: its channels and what is said in them. The server and the page have this same file.

import { defineCall, defineChannel, defineContract, type StandardSchema } from 'tidewire/channel';
import { Invalid, readChannelName, readName, readText, readToken } from './chat-text.ts';

/** `id` is made by the page: a message that is sent again after a reload is said once. */
export interface Said {
  readonly type: 'said';
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** Replaces the text of an earlier message. It counts only from who said that. */
export interface Edited {
  readonly type: 'edited';
  readonly id: string;
  readonly text: string;
}

export type ChatEvent = Said | Edited;

export interface Typing {
  readonly name: string;
  readonly active: boolean;
}

/** What others see of somebody who is here. */
export interface Person {
  readonly name: string;
}

export interface ChannelEntry {
  readonly name: string;
}

const day = 86_400_000;

const event = schema<ChatEvent>((fields) => {
  const type = fields.get('type');
  const [id, text] = [readToken(fields.get('id')), readText(fields.get('text'))];
  if (type === 'said') return { type, id, name: readName(fields.get('name')), text };
  if (type === 'edited') return { type, id, text };
  throw new Invalid('A message is said or edited.');
});

const person = schema<Person>((fields) => ({ name: readName(fields.get('name')) }));

export const chatContract = defineContract({
  title: 'Tidewire chat',
  version: '1.0.0',
  channels: {
    messages: defineChannel('messages:{channel}', {
      class: 'log',
      payload: event,
      presence: person,
      history: { maxCount: 10_000, maxAgeMs: 90 * day },
      // As long as a page may be closed with something unsent in it.
      dedupeWindowMs: day,
      allow: { subscribe: 'authenticated', publish: 'authenticated' },
    }),
    typing: defineChannel('typing:{channel}', {
      class: 'signal',
      payload: schema<Typing>((fields) => ({
        name: readName(fields.get('name')),
        active: fields.get('active') === true,
      })),
      allow: { subscribe: 'authenticated', publish: 'authenticated' },
    }),
    channels: defineChannel('channels', {
      class: 'state',
      payload: schema<ChannelEntry>((fields) => ({ name: readChannelName(fields.get('name')) })),
      stateKey: ({ name }) => name,
      history: { maxCount: 40 },
      allow: { subscribe: 'authenticated', publish: 'authenticated' },
    }),
  },
  calls: {
    /** The subject under which the server knows the caller. */
    me: defineCall({
      input: schema<object>(() => ({})),
      output: schema<{ readonly subject: string }>((fields) => ({ subject: String(fields.get('subject')) })),
      allow: 'authenticated',
    }),
  },
});

/** What a page shows to be let in: a secret of its own, which makes it the same person again, and its name. */
export interface Credential {
  readonly key: string;
  readonly name: string;
}

export function writeCredential({ key, name }: Credential): string {
  return `${key}.${encodeURIComponent(name)}`;
}

/** @throws {Invalid} when it is none. */
export function readCredential(token: string): Credential {
  const dot = token.indexOf('.');
  try {
    return {
      key: readToken(token.slice(0, Math.max(dot, 0))),
      name: readName(decodeURIComponent(token.slice(dot + 1))),
    };
  } catch (error) {
    throw error instanceof Invalid ? error : new Invalid('The name was not understood.', { cause: error });
  }
}

/** A schema for records, of a function that reads the fields and throws `Invalid`. Any schema library does as well. */
function schema<Value extends object>(
  read: (fields: ReadonlyMap<string, unknown>) => Value,
): StandardSchema<Value> {
  return {
    '~standard': {
      version: 1,
      vendor: 'tidewire-chat',
      validate(value) {
        try {
          if (typeof value !== 'object' || value === null) throw new Invalid('This is no record.');
          return { value: read(new Map(Object.entries(value))) };
        } catch (error) {
          if (error instanceof Invalid) return { issues: [{ message: error.message }] };
          throw error;
        }
      },
    },
  };
}
