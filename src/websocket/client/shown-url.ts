// A URL as it may stand in a message or an output.

/**
 * The URL without what may be a secret: its user information, what its query says, and its fragment. Takes what is no
 * URL as well.
 */
export function shownUrl(text: string): string {
  const query = firstOf(text, '?', '#');
  const address = query === -1 ? text : text.slice(0, query);
  const slashes = address.indexOf('//');
  const start = slashes === -1 ? 0 : slashes + 2;
  const slash = address.indexOf('/', start);
  const at = address.lastIndexOf('@', slash === -1 ? address.length : slash);
  const shown = at < start ? address : address.slice(0, start) + address.slice(at + 1);
  return query === -1 ? shown : `${shown}${text[query]}…`;
}

/** Where the first of two characters stands; -1 where neither does. */
function firstOf(text: string, one: string, other: string): number {
  const [at, otherAt] = [text.indexOf(one), text.indexOf(other)];
  return at === -1 || otherAt === -1 ? Math.max(at, otherAt) : Math.min(at, otherAt);
}
