// The characters of HTTP header fields, classified by table (RFC 9110, sections 5.5 and 5.6).

const tokenClass = 1;
const fieldClass = 2;
const quotedClass = 4;

const classes = new Uint8Array(256);
for (let code = 0x21; code <= 0x7e; code += 1) classes[code] = tokenClass | fieldClass | quotedClass;
// 5.6.2. "Delimiters are chosen from the set of US-ASCII visual characters not allowed in a token".
for (const delimiter of '"(),/:;<=>?@[\\]{}') classes[delimiter.charCodeAt(0)] = fieldClass | quotedClass;
// 5.5. "field-vchar = VCHAR / obs-text"; space and tab stand between them.
for (let code = 0x80; code <= 0xff; code += 1) classes[code] = fieldClass | quotedClass;
classes[0x09] = fieldClass | quotedClass;
classes[0x20] = fieldClass | quotedClass;
// 5.6.4. The quote ends a quoted-string and the backslash escapes in it.
classes[0x22] = fieldClass;
classes[0x5c] = fieldClass;

/** Whether a character code may stand in a token: a header name, a method, a subprotocol. */
export function isTokenCode(code: number): boolean {
  return ((classes[code] ?? 0) & tokenClass) !== 0;
}

/** Whether a byte may stand in a field value: printable ASCII, space, tab and 0x80–0xFF. */
export function isFieldCode(code: number): boolean {
  return ((classes[code] ?? 0) & fieldClass) !== 0;
}

/** Whether a character may stand in a quoted-string as itself, without a backslash. */
export function isQuotedCode(code: number): boolean {
  return ((classes[code] ?? 0) & quotedClass) !== 0;
}

/** Whether a character code is optional whitespace (OWS): space or tab. */
export function isSpaceCode(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Whether the text is a token: one character or more, all of them allowed in a token. */
export function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (!isTokenCode(text.charCodeAt(index))) return false;
  }
  return text.length > 0;
}

/** Whether the text may be written as a field value: no CR, LF, NUL or other control, nothing above 0xFF. */
export function isFieldValue(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (!isFieldCode(text.charCodeAt(index))) return false;
  }
  return true;
}
