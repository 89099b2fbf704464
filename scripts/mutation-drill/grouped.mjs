// Mutations that belong to one defence, in one file, noticed by the same tests.

/** `rows` are lists of what must be, what stands in the compiled file, and what takes its place. */
export function grouped({ section, file, tests }, rows) {
  return rows.map(([must, find, replace]) => ({ section, must, file, find, replace, tests }));
}
