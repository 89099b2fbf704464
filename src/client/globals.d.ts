// The globals that the client uses, and no more of them than it uses: browsers, workers and Node have them.

declare function setTimeout(callback: () => void, afterMs: number): TimerHandle;
declare function clearTimeout(timer: TimerHandle): void;

/** A number in browsers, an object in Node. */
type TimerHandle = number | { readonly [Symbol.toPrimitive]: () => number };

declare const console: { error(...parts: unknown[]): void };
declare const performance: { now(): number };
declare const crypto: {
  getRandomValues<Numbers extends Uint8Array | Uint32Array>(numbers: Numbers): Numbers;
};

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
