// Looks for a secret in whatever a program lets out: texts, errors with all their causes, and objects as one prints them.

import assert from 'node:assert/strict';
import { inspect } from 'node:util';

/** Long and like nothing else. */
export const secret = 'Canary7Tide9Wire3Secret';

const encoded = (text: string): readonly string[] => [
  text,
  Buffer.from(text).toString('base64').replace(/=+$/, ''),
  Buffer.from(text).toString('base64url'),
  Buffer.from(text).toString('hex'),
  encodeURIComponent(text),
];

/** The secret, and as it stands in credentials. A part of it is as bad: a message may be cut. */
const forms = new Set([
  ...encoded(secret),
  ...encoded(`ann:${secret}`),
  secret.slice(0, 12),
  Buffer.from(`ann:${secret}`).toString('base64').slice(0, 20),
]);

export class Witness {
  /** Other secrets, such as those that a server makes. */
  readonly #more = new Set<string>();
  #seen = 0;

  alsoSecret(...texts: readonly string[]): void {
    for (const text of texts) this.#more.add(text);
  }

  get seen(): number {
    return this.#seen;
  }

  /** What is shown must not hold a secret. Errors are looked at with their causes, objects with their hidden fields. */
  see(what: unknown, where: string): void {
    this.#seen += 1;
    const shown = typeof what === 'string' ? what : inspect(what, { depth: 12, maxStringLength: null });
    this.#seeText(shown, where);
    if (what instanceof Error) this.#seeText(`${what.message}\n${what.stack}\n${String(what)}`, where);
    if (typeof what === 'object' && what !== null) this.#seeText(JSON.stringify(what, flat) ?? '', where);
  }

  #seeText(text: string, where: string): void {
    for (const form of [...forms, ...this.#more]) {
      const at = text.indexOf(form);
      const around = text.slice(Math.max(0, at - 60), at + form.length + 20);
      assert.equal(at, -1, `${where} holds a secret: …${around}…`);
    }
  }
}

/** As a logger writes it: errors with their fields, and nothing twice. */
function flat(_name: string, value: unknown): unknown {
  if (value instanceof Error) return { name: value.name, message: value.message, cause: value.cause };
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Map) return [...value];
  return value;
}
