// How many rows of a table one publisher may take: nobody fills alone what all have to use.

/** Those who have not signed in share one name, and so get more. */
export function shareOf(publisher: string, maxRows: number): number {
  return Math.max(1, Math.floor(maxRows / (publisher === '' ? 2 : 10)));
}
