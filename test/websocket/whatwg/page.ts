// A page for a test to run in: `globalThis.location`, which some runtimes have of themselves.

import type { TestContext } from 'node:test';

export function atPage(t: TestContext, location: object): void {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'location');
  Object.defineProperty(globalThis, 'location', { value: location, configurable: true, writable: true });
  t.after(() => {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'location');
    else Object.defineProperty(globalThis, 'location', before);
  });
}
