// A text that counts how many of its characters are looked at, to show that a parser takes linear time.

/** Give `as unknown as string` to a parser, then read `steps`. */
export class CountedText extends String {
  steps = 0;

  override charCodeAt(index: number): number {
    this.steps += 1;
    return super.charCodeAt(index);
  }

  override slice(start?: number, end?: number): string {
    const part = super.slice(start, end);
    this.steps += part.length;
    return part;
  }

  override indexOf(search: string, from?: number): number {
    const found = super.indexOf(search, from);
    this.steps += (found === -1 ? this.length : found) - (from ?? 0);
    return found;
  }
}

/** The steps that `parse` takes for the text. */
export function countSteps(text: string, parse: (text: string) => unknown): number {
  const counted = new CountedText(text);
  parse(counted as unknown as string);
  return counted.steps;
}
