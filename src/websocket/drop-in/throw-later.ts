// Runs a listener so that what it throws ends where uncaught errors do, and not inside the protocol's own work.

/** Programs written for `ws` expect an error in a listener to be an uncaught exception of the process. */
export function throwLater(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
