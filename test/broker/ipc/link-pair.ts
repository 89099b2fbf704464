// Two ends of a link without processes, for the tests: what is sent is copied, as it is between processes.

import type { IpcLink, IpcLinkHandler } from '../../../src/broker/index.ts';

export interface LinkPair {
  readonly near: IpcLink;
  readonly far: IpcLink;
  /** Ends both. */
  cut(): void;
  /** While held, what either end sends does not leave it. */
  hold(): void;
  release(): void;
}

export function linkPair(): LinkPair {
  const handlers: [IpcLinkHandler?, IpcLinkHandler?] = [];
  const held: (() => void)[] = [];
  let isCut = false;
  let isHeld = false;
  const end = (own: 0 | 1): IpcLink => ({
    start(handler) {
      handlers[own] = handler;
    },
    send(message, onSent) {
      const copy = structuredClone(message);
      const leave = () =>
        queueMicrotask(() => {
          if (isCut) return;
          onSent();
          handlers[own === 0 ? 1 : 0]?.onMessage(copy);
        });
      if (isHeld) held.push(leave);
      else leave();
    },
  });
  return {
    near: end(0),
    far: end(1),
    cut() {
      isCut = true;
      for (const handler of handlers) handler?.onEnd();
    },
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      for (const leave of held.splice(0)) leave();
    },
  };
}
