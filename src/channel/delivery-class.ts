// The four delivery classes: one word in a channel's contract, from which everything else follows.

export const DeliveryClass = Object.freeze({
  /** Typing, cursors: at most once, in order. */
  Signal: 'signal',
  /** Prices, positions: the latest value of each key arrives. */
  State: 'state',
  /** Chat, events: everything since your position, in order, once per handler; or an explicit gap. */
  Log: 'log',
  /** Commands, jobs: at least once until acknowledged, with an attempt counter. */
  Mailbox: 'mailbox',
} as const);

export type DeliveryClass = (typeof DeliveryClass)[keyof typeof DeliveryClass];

export interface DeliveryTraits {
  /** What the broker keeps. */
  readonly history: 'none' | 'latest of each key' | 'by count and age' | 'until acknowledged';
  /** What the server does with a reader that has no credit, or a full queue. */
  readonly whenSlow: 'drop' | 'conflate' | 'park';
  /** Whether publications are stored and numbered: whether a position means something. */
  readonly isStored: boolean;
  /** Whether a missing offset is a hole. In `state` it is an older value that a newer one replaced. */
  readonly isContiguous: boolean;
  /** Whether every draft names the key whose value it replaces. */
  readonly isKeyed: boolean;
}

export const deliveryTraits: { readonly [Class in DeliveryClass]: DeliveryTraits } = Object.freeze({
  signal: { history: 'none', whenSlow: 'drop', isStored: false, isContiguous: false, isKeyed: false },
  state: {
    history: 'latest of each key',
    whenSlow: 'conflate',
    isStored: true,
    isContiguous: false,
    isKeyed: true,
  },
  log: { history: 'by count and age', whenSlow: 'park', isStored: true, isContiguous: true, isKeyed: false },
  mailbox: {
    history: 'until acknowledged',
    whenSlow: 'park',
    isStored: true,
    isContiguous: false,
    isKeyed: false,
  },
});

export function isDeliveryClass(text: unknown): text is DeliveryClass {
  return text === 'signal' || text === 'state' || text === 'log' || text === 'mailbox';
}
