// The target of a request and the host it is for (RFC 9112, section 3.2; RFC 3986, section 3.2).

import { equalsIgnoringCase } from './field-reader.ts';
import { isTokenCode } from './token.ts';

/** A target in its parts, still percent-encoded, as they were written. */
export interface RequestTarget {
  /** Begins with `/`. Neither decoded nor rid of dot segments: compare it as it is, or refuse. */
  readonly path: string;
  /** What follows the first `?`, without it; empty when there is none. */
  readonly query: string;
  /** The host of an absolute target, which RFC 9112 puts above the `Host` field. */
  readonly authority: string | undefined;
}

/**
 * The parts of a target in origin form (`/chat?room=1`) or absolute form (`http://host/chat`); undefined for the other
 * forms, for a fragment, and for characters outside printable ASCII.
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  for (let index = 0; index < target.length; index += 1) {
    if (!isTargetCode(target.charCodeAt(index))) return undefined;
  }
  if (target.startsWith('/')) return splitQuery(target, undefined);
  const colon = target.indexOf('://');
  if (colon !== 4 && colon !== 5) return undefined;
  const scheme = target.slice(0, colon);
  if (!equalsIgnoringCase(scheme, 'http') && !equalsIgnoringCase(scheme, 'https')) return undefined;
  let end = colon + 3;
  while (end < target.length && target[end] !== '/' && target[end] !== '?') end += 1;
  const authority = target.slice(colon + 3, end);
  if (!isAuthority(authority)) return undefined;
  const rest = target.slice(end);
  // RFC 9110, 4.2.3. "an empty path component is equivalent to an absolute path of "/""
  return splitQuery(rest.startsWith('/') ? rest : `/${rest}`, authority);
}

function splitQuery(resource: string, authority: string | undefined): RequestTarget {
  const mark = resource.indexOf('?');
  if (mark === -1) return { path: resource, query: '', authority };
  return { path: resource.slice(0, mark), query: resource.slice(mark + 1), authority };
}

/** Whether a byte may stand in a target: printable ASCII but `#`, since a fragment is never sent. */
export function isTargetCode(code: number): boolean {
  return code > 0x20 && code < 0x7f && code !== 0x23;
}

/** Whether the text is `uri-host [ ":" port ]` with a host that is not empty, and so without user information. */
export function isAuthority(text: string): boolean {
  let end: number;
  if (text.startsWith('[')) {
    end = text.indexOf(']') + 1;
    if (end < 4) return false;
    for (let index = 1; index < end - 1; index += 1) {
      if (!isIpv6Code(text.charCodeAt(index))) return false;
    }
  } else {
    end = text.indexOf(':');
    if (end === -1) end = text.length;
    if (end === 0) return false;
    for (let index = 0; index < end; index += 1) {
      if (!isHostCode(text.charCodeAt(index))) return false;
    }
  }
  return end === text.length || (text[end] === ':' && isPort(text.slice(end + 1)));
}

/** RFC 3986, 3.2.2. "reg-name = *( unreserved / pct-encoded / sub-delims )" */
function isHostCode(code: number): boolean {
  // A token's characters are all of these but "^", "`" and "|"; and "(", ")", ",", ";", "=" come to them.
  if (code === 0x5e || code === 0x60 || code === 0x7c || code === 0x23) return false;
  return (
    isTokenCode(code) || code === 0x28 || code === 0x29 || code === 0x2c || code === 0x3b || code === 0x3d
  );
}

function isIpv6Code(code: number): boolean {
  const lower = code | 0x20;
  return (code >= 0x30 && code <= 0x3a) || code === 0x2e || (lower >= 0x61 && lower <= 0x66);
}

/** RFC 3986, 3.2.3. "port = *DIGIT": it may be empty. */
function isPort(text: string): boolean {
  if (text.length > 5) return false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return Number(text) <= 65_535;
}
