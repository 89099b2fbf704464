// The grammar of Sec-WebSocket-Extensions, read and written (RFC 6455, section 9.1).

import { UsageError } from '../errors.ts';
import { FieldReader, Malformed } from '../handshake/field-reader.ts';
import { isToken } from '../handshake/token.ts';

/** One parameter of an extension; `value` is undefined when it stands there by its name alone. */
export interface ExtensionParameter {
  readonly name: string;
  readonly value: string | undefined;
}

/** One element of `Sec-WebSocket-Extensions`: an extension that a client offers or a server answers. */
export interface Extension {
  readonly name: string;
  /** In the order in which they were written; a name may come twice, which the extension has to judge. */
  readonly parameters: readonly ExtensionParameter[];
}

/** How much a peer may list in `Sec-WebSocket-Extensions`. */
export interface ExtensionLimits {
  /** The number of extensions, counting a repeated name each time.
   * @default 16 */
  readonly maxExtensions?: number;
  /** The number of parameters of one extension.
   * @default 16 */
  readonly maxExtensionParameters?: number;
}

export const extensionLimitDefaults: Required<ExtensionLimits> = Object.freeze({
  maxExtensions: 16,
  maxExtensionParameters: 16,
});

/** The extensions that the value lists, in its order, or what is wrong with it. */
export function parseExtensions(
  value: string,
  limits: ExtensionLimits = extensionLimitDefaults,
): readonly Extension[] | Malformed {
  const maxExtensions = limits.maxExtensions ?? extensionLimitDefaults.maxExtensions;
  const maxParameters = limits.maxExtensionParameters ?? extensionLimitDefaults.maxExtensionParameters;
  const reader = new FieldReader(value);
  const extensions: Extension[] = [];
  reader.skipEmptyElements();
  while (!reader.ended) {
    if (extensions.length >= maxExtensions) {
      return new Malformed(`more than ${maxExtensions} extensions are listed`);
    }
    const extension = parseExtension(reader, maxParameters);
    if (extension instanceof Malformed) return extension;
    extensions.push(extension);
    if (!reader.ended && !reader.take(',')) return unexpected(reader);
    reader.skipEmptyElements();
  }
  // 9.1. "extension-list = 1#extension"
  if (extensions.length === 0) return new Malformed('no extension is listed');
  return extensions;
}

/** 9.1. "extension = extension-token *( ";" extension-param )" */
function parseExtension(reader: FieldReader, maxParameters: number): Extension | Malformed {
  const name = reader.takeToken();
  if (name === '') return unexpected(reader);
  const parameters: ExtensionParameter[] = [];
  reader.skipSpace();
  while (reader.take(';')) {
    if (parameters.length >= maxParameters) {
      return new Malformed(`more than ${maxParameters} parameters are given for "${name}"`);
    }
    reader.skipSpace();
    const parameter = parseParameter(reader);
    if (parameter instanceof Malformed) return parameter;
    parameters.push(parameter);
    reader.skipSpace();
  }
  return { name, parameters };
}

/** 9.1. "extension-param = token [ "=" (token | quoted-string) ]" */
function parseParameter(reader: FieldReader): ExtensionParameter | Malformed {
  const name = reader.takeToken();
  if (name === '') return unexpected(reader);
  reader.skipSpace();
  if (!reader.take('=')) return { name, value: undefined };
  reader.skipSpace();
  if (!reader.take('"')) {
    const value = reader.takeToken();
    return value === '' ? unexpected(reader) : { name, value };
  }
  // 9.1. "When using the quoted-string syntax variant, the value after
  // quoted-string unescaping MUST conform to the 'token' ABNF."
  const value = reader.takeQuoted();
  if (value === undefined) return new Malformed(`the quoted value of "${name}" does not end`);
  if (!isToken(value)) return new Malformed(`the quoted value of "${name}" is not a token`);
  return { name, value };
}

function unexpected(reader: FieldReader): Malformed {
  if (reader.ended) return new Malformed('it ends where a name or a value should follow');
  return new Malformed(`character ${reader.position + 1} is not expected there`);
}

/**
 * The value of `Sec-WebSocket-Extensions` for the extensions; values are written as tokens, without quotes. Throws
 * `UsageError` for a name or a value that is not a token.
 */
export function serializeExtensions(extensions: readonly Extension[]): string {
  return extensions.map(serializeExtension).join(', ');
}

function serializeExtension(extension: Extension): string {
  let text = checkToken(extension.name);
  for (const { name, value } of extension.parameters) {
    text += `; ${checkToken(name)}`;
    if (value !== undefined) text += `=${checkToken(value)}`;
  }
  return text;
}

function checkToken(text: string): string {
  if (isToken(text)) return text;
  throw new UsageError(`extensions: ${JSON.stringify(text)} is not a token (RFC 6455, section 9.1)`);
}
