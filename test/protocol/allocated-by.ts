// Counts the memory that a piece of work asks for.

/** Runs the work and gives how many bytes it allocated as Uint8Arrays, whether they are still in use or not. */
export function allocatedBy(work: () => void): number {
  const Original = globalThis.Uint8Array;
  let total = 0;
  globalThis.Uint8Array = new Proxy(Original, {
    construct(target, parameters, newTarget) {
      const made = Reflect.construct(target, parameters, newTarget) as Uint8Array;
      total += parameters[0] instanceof ArrayBuffer ? 0 : made.byteLength;
      return made;
    },
  });
  try {
    work();
  } finally {
    globalThis.Uint8Array = Original;
  }
  return total;
}
