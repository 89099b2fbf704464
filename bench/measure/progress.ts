// How a measurement says what it is doing.

/** Says what is going on; each call replaces the last. */
export type Progress = (what: string) => void;

/** One line on a terminal, overwritten again and again; silent elsewhere. */
export function progressOf(label: string): Progress {
  if (!process.stderr.isTTY) return () => {};
  return (what) => process.stderr.write(`\r\x1b[K${label} · ${what}\r`);
}
