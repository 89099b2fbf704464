// Who one is in this tab: a name, and a secret that makes a reloaded page the same person.

import type { Credential } from '../chat-contract.ts';

const identityKey = 'chat.identity';
const nameKey = 'chat.name';
const problemKey = 'chat.problem';

/** Who this tab was before it was reloaded. Another tab is another person, so that one can talk to oneself. */
export function loadIdentity(): Credential | undefined {
  try {
    const { key, name } = JSON.parse(sessionStorage.getItem(identityKey) ?? '') as Credential;
    return typeof key === 'string' && typeof name === 'string' ? { key, name } : undefined;
  } catch {
    // Nobody yet, or not ours.
    return undefined;
  }
}

export function createIdentity(name: string): Credential {
  const identity = { key: randomToken(), name };
  sessionStorage.setItem(identityKey, JSON.stringify(identity));
  localStorage.setItem(nameKey, name);
  return identity;
}

export function forgetIdentity(): void {
  sessionStorage.removeItem(identityKey);
}

/** The name that was used last in this browser. */
export function lastName(): string {
  return localStorage.getItem(nameKey) ?? '';
}

/** Why one has to choose a name again, for the page after a reload. */
export function leaveProblem(text: string): void {
  sessionStorage.setItem(problemKey, text);
}

export function takeProblem(): string {
  const text = sessionStorage.getItem(problemKey) ?? '';
  sessionStorage.removeItem(problemKey);
  return text;
}

/** 128 random bits as hexadecimal digits. */
export function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
