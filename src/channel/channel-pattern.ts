// Channel patterns: `chat:{id}` describes many channel names, and types their parameters.

import { isChannelName, isChannelSegment } from './channel-name.ts';
import { UsageError } from './errors.ts';

/** The names of the parameters of a pattern: `'org:{org}:chat:{id}'` gives `'org' | 'id'`. */
export type ParameterName<Pattern extends string> = Pattern extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterName<Rest>
  : never;

/** The parameters of a pattern: `'chat:{id}'` gives `{ readonly id: string }`. */
export type ChannelParameters<Pattern extends string> = string extends Pattern
  ? Readonly<Record<string, string>>
  : { readonly [Name in ParameterName<Pattern>]: string };

interface Segment {
  readonly text: string;
  readonly isParameter: boolean;
}

/**
 * A pattern: a channel name in which whole segments may be parameters in braces.
 * A parameter stands for exactly one segment; its name is an ASCII identifier, used once in the pattern.
 */
export class ChannelPattern<Pattern extends string = string> {
  readonly pattern: Pattern;
  readonly parameterNames: readonly string[];
  readonly #segments: readonly Segment[];

  /** @throws {UsageError} when the pattern is not one. */
  constructor(pattern: Pattern) {
    this.pattern = pattern;
    this.#segments = pattern.split(':').map((text) => parseSegment(text, pattern));
    this.parameterNames = this.#segments
      .filter((segment) => segment.isParameter)
      .map((segment) => segment.text);
    if (new Set(this.parameterNames).size !== this.parameterNames.length) {
      throw new UsageError(`parameter named twice in channel pattern ${pattern}`);
    }
    const shortest = this.#segments.map((segment) => (segment.isParameter ? 'x' : segment.text)).join(':');
    if (!isChannelName(shortest)) throw new UsageError(`channel pattern too long: ${pattern}`);
  }

  /** The parameters of `name`, on a null prototype, or `undefined` when the pattern does not describe it. */
  match(name: string): ChannelParameters<Pattern> | undefined {
    if (!isChannelName(name)) return undefined;
    const parts = name.split(':');
    if (parts.length !== this.#segments.length) return undefined;
    const parameters: Record<string, string> = Object.create(null);
    for (let index = 0; index < parts.length; index++) {
      const segment = this.#segments[index]!;
      const part = parts[index]!;
      if (segment.isParameter) parameters[segment.text] = part;
      else if (segment.text !== part) return undefined;
    }
    return parameters as ChannelParameters<Pattern>;
  }

  /** The channel name with these parameters filled in. @throws {UsageError} when one is missing or not a segment. */
  format(parameters: ChannelParameters<Pattern>): string {
    const values = parameters as Readonly<Record<string, string>>;
    const name = this.#segments
      .map(({ text, isParameter }) => {
        if (!isParameter) return text;
        const value = Object.hasOwn(values, text) ? values[text] : undefined;
        if (value === undefined || !isChannelSegment(value)) {
          throw new UsageError(
            `parameter ${text} of channel ${this.pattern} is not a segment of a channel name`,
          );
        }
        return value;
      })
      .join(':');
    if (!isChannelName(name)) throw new UsageError(`channel name too long for pattern ${this.pattern}`);
    return name;
  }

  /** Whether some name is described by both patterns. */
  overlaps(other: ChannelPattern): boolean {
    if (this.#segments.length !== other.#segments.length) return false;
    return this.#segments.every((segment, index) => {
      const theirs = other.#segments[index]!;
      return segment.isParameter || theirs.isParameter || segment.text === theirs.text;
    });
  }
}

function parseSegment(text: string, pattern: string): Segment {
  if (isChannelSegment(text)) return { text, isParameter: false };
  const name = text.slice(1, -1);
  if (text.startsWith('{') && text.endsWith('}') && /^[A-Za-z_][A-Za-z0-9_]{0,31}$/.test(name)) {
    return { text: name, isParameter: true };
  }
  throw new UsageError(`not a channel pattern: ${pattern} (at ${JSON.stringify(text)})`);
}
