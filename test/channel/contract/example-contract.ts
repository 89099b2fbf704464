// A contract for the tests: every class, presence, parameters, calls, with schemas of three kinds.

import * as valibot from 'valibot';
import { z } from 'zod';
import {
  defineCall,
  defineChannel,
  defineContract,
  type StandardSchema,
} from '../../../src/channel/index.ts';

/** A schema by hand: the least that Standard Schema asks for, without JSON Schema. */
export const shortText: StandardSchema<string> = {
  '~standard': {
    version: 1,
    vendor: 'hand',
    validate: (value) =>
      typeof value === 'string' && value.length < 5
        ? { value }
        : { issues: [{ message: 'not a short text' }] },
  },
};

export const chat = defineChannel('org:{org}:chat:{id}', {
  class: 'log',
  history: { maxCount: 200 },
  description: 'What people say to each other.',
  payload: z.object({ text: z.string().trim().min(1), tags: z.array(z.string()).default([]) }),
  presence: z.object({ name: z.string() }),
  allow: {
    subscribe: 'anyone',
    publish: 'authenticated',
    enter: ({ subject }, { org }) => subject?.startsWith(`${org}/`) ?? false,
  },
});

export const prices = defineChannel('prices', {
  class: 'state',
  payload: valibot.object({ symbol: valibot.string(), price: valibot.number() }),
  stateKey: ({ symbol }) => symbol,
  allow: { subscribe: 'anyone' },
});

export const inbox = defineChannel('inbox:{user}', {
  class: 'mailbox',
  payload: shortText,
  allow: { subscribe: ({ subject }, { user }) => subject === user, history: 'nobody' },
});

export const search = defineCall({
  input: z.object({ query: z.string(), limit: z.int().min(1).max(50).default(10) }),
  output: z.array(z.string()),
  allow: 'authenticated',
  deadlineMs: 2_000,
});

export const countdown = defineCall({ input: z.int(), output: z.int(), stream: true, allow: 'anyone' });

export const example = defineContract({
  title: 'Example',
  version: '1.0.0',
  channels: { chat, prices, inbox },
  calls: { search, countdown },
});
