// Renders components on a small DOM, with React's own act(), and takes everything down when the test ends.

import type { TestContext } from 'node:test';
import { Window } from 'happy-dom';
import { act, createElement, type FunctionComponent, StrictMode } from 'react';

const window = new Window();
for (const [name, value] of Object.entries({
  window,
  document: window.document,
  navigator: window.navigator,
  IS_REACT_ACT_ENVIRONMENT: true,
})) {
  // Node from 21 on has a `navigator` that cannot be assigned.
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}
// It looks for `window` when it is loaded.
const { createRoot } = await import('react-dom/client');

export interface Rendered {
  readonly text: string;
  /** Lets something happen that changes what is shown. */
  act(happen: () => unknown): Promise<void>;
  unmount(): Promise<void>;
}

export async function render(
  test: TestContext,
  component: FunctionComponent,
  { isStrict = true } = {},
): Promise<Rendered> {
  const container = window.document.createElement('div');
  const root = createRoot(container as unknown as Element);
  const element = createElement(component);
  let isMounted = true;
  const unmount = async (): Promise<void> => {
    if (!isMounted) return;
    isMounted = false;
    await act(async () => root.unmount());
  };
  test.after(unmount);
  await act(async () => root.render(isStrict ? createElement(StrictMode, null, element) : element));
  return {
    get text() {
      return container.textContent ?? '';
    },
    act: (happen) =>
      act(async () => {
        await happen();
      }),
    unmount,
  };
}
