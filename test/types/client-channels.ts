// What the compiler refuses, and what it knows, of a client that has a contract. Compiled, never run.

import { z } from 'zod';
import { defineCall, defineChannel, defineContract, type Position } from '../../src/channel/index.ts';
import {
  call,
  callStream,
  history,
  type Message,
  messages,
  presence,
  type RealtimeClient,
  type StreamCall,
} from '../../src/client/index.ts';

const contract = defineContract({
  title: 'Types',
  version: '1.0.0',
  channels: {
    chat: defineChannel('chat:{id}', {
      class: 'log',
      payload: z.object({ text: z.string(), tags: z.array(z.string()).default([]) }),
      presence: z.object({ name: z.string() }),
      allow: { subscribe: 'anyone' },
    }),
    typing: defineChannel('chat:{id}:typing', {
      class: 'signal',
      payload: z.object({ who: z.string() }),
      allow: { subscribe: 'anyone' },
    }),
    news: defineChannel('news', { class: 'log', payload: z.string(), allow: { subscribe: 'anyone' } }),
  },
  calls: {
    search: defineCall({ input: z.object({ query: z.string() }), output: z.array(z.string()) }),
    ticks: defineCall({ input: z.int(), output: z.number(), stream: true }),
  },
});

/** Compiles only when both types are exactly the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function proves<_Claim extends true>(): void {}

export async function everyUse(
  client: RealtimeClient<typeof contract>,
  untyped: RealtimeClient<undefined>,
  id: string,
): Promise<void> {
  const chat = client.channel('chat:42');
  proves<Same<Parameters<typeof chat.publish>[0], { text: string; tags?: string[] | undefined }>>();
  const position: Position = await chat.publish({ text: 'hi' });
  chat.subscribe(
    (message) => {
      proves<Same<typeof message, Message<{ text: string; tags: string[] }>>>();
    },
    { from: position },
  );
  for await (const { data } of messages(chat)) proves<Same<typeof data, { text: string; tags: string[] }>>();

  // @ts-expect-error: the text is missing
  await chat.publish({ tags: [] });
  // @ts-expect-error: a number is no text
  await chat.publish({ text: 1 });
  // @ts-expect-error: a member shows its name
  await presence(chat).enter({ nickname: 'ann' });

  // A name that is put together at run time keeps its type.
  await client.channel(`chat:${id}`).publish({ text: 'hi' });
  await client.channel(`chat:${id}:typing`).publish({ who: 'ann' });
  await client.channel('news').publish('text');
  // @ts-expect-error: of `chat:{id}:typing`, and not of `chat:{id}`
  await client.channel(`chat:${id}:typing`).publish({ text: 'hi' });
  // @ts-expect-error: no contract describes it
  client.channel('weather');
  // @ts-expect-error: any text at all is no channel name
  client.channel(id);

  const page = await history(chat);
  proves<Same<(typeof page.messages)[number]['data'], { text: string; tags: string[] }>>();
  presence(chat).watch(({ members }) => {
    proves<Same<(typeof members)[number]['data'], { name: string }>>();
  });

  const found = call(client, 'search', { query: 'x' });
  proves<Same<typeof found, Promise<string[]>>>();
  const ticks = callStream(client, 'ticks', 3);
  proves<Same<typeof ticks, StreamCall<number>>>();
  // @ts-expect-error: the query is missing
  call(client, 'search', {});
  // @ts-expect-error: no such call
  call(client, 'find', {});
  // @ts-expect-error: it answers with a stream
  call(client, 'ticks', 3);
  // @ts-expect-error: it has one answer
  callStream(client, 'search', { query: 'x' });

  // Without a contract anything goes that is plain data.
  await untyped.channel(id).publish({ any: ['thing', 1, null] });
  // @ts-expect-error: a function is no plain data
  await untyped.channel(id).publish(() => {});
}
