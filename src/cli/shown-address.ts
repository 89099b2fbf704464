// The address of a server, as it may be printed.

/** Outputs are kept and shown to others: of the address only who is there. */
export function shownAddress(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.search === '' ? url.href : `${url.origin}${url.pathname}?…`;
}
