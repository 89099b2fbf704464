// One string for all connections that agreed on the same extensions: there are few different agreements.

const texts = new Map<string, string>();

export function sameText(extensions: string): string {
  const known = texts.get(extensions);
  if (known === undefined) texts.set(extensions, extensions);
  return known ?? extensions;
}
