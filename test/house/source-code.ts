// Tells code from comments, strings and regular expressions, as far as the checks of the house need it.

export interface SourceCode {
  /** Without comments, and with strings, templates and regular expressions emptied; what templates hold in `${}` stays. */
  readonly code: string;
  /** As they are written. */
  readonly regularExpressions: readonly string[];
}

/** Behind these words an expression begins; behind other words a slash divides. */
const beforeExpressions = new Set(
  'return typeof case in of delete void throw new else do yield await instanceof'.split(' '),
);

export function readCode(source: string): SourceCode {
  const regularExpressions: string[] = [];
  /** For each template that is open, how deep its `${` stands in braces. */
  const templates: number[] = [];
  let code = '';
  let depth = 0;
  let at = 0;

  const readTemplate = (): void => {
    for (; at < source.length; at += 1) {
      if (source[at] === '\\') at += 1;
      else if (source[at] === '`') break;
      else if (source.startsWith('${', at)) {
        templates.push(depth);
        depth += 1;
        at += 2;
        code += '${';
        return;
      }
    }
    at += 1;
    code += '`';
  };

  while (at < source.length) {
    const character = source[at]!;
    if (source.startsWith('//', at)) {
      at = indexOrEnd(source, '\n', at);
    } else if (source.startsWith('/*', at)) {
      at = indexOrEnd(source, '*/', at) + 2;
      code += ' ';
    } else if (character === "'" || character === '"') {
      at = endOfQuoted(source, at);
      code += "''";
    } else if (character === '`') {
      at += 1;
      code += '`';
      readTemplate();
    } else if (character === '/' && isExpressionNext(code)) {
      const end = endOfRegularExpression(source, at);
      regularExpressions.push(source.slice(at, end));
      at = end;
      code += '//';
    } else {
      at += 1;
      code += character;
      if (character === '{') depth += 1;
      if (character === '}') depth -= 1;
      if (character === '}' && templates.at(-1) === depth) {
        templates.pop();
        readTemplate();
      }
    }
  }
  return { code, regularExpressions };
}

/** Whether a slash behind this code begins a regular expression. */
function isExpressionNext(code: string): boolean {
  // `value! / 2` divides.
  const before = code.trimEnd().replace(/(?<=[\w$)\]])!$/, '');
  const [word] = /[\w$]+$/.exec(before) ?? [];
  if (word !== undefined) return beforeExpressions.has(word);
  return before === '' || !")]'`/".includes(before.at(-1)!);
}

function endOfRegularExpression(source: string, start: number): number {
  let isInClass = false;
  let at = start + 1;
  for (; at < source.length && (source[at] !== '/' || isInClass); at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '[') isInClass = true;
    else if (source[at] === ']') isInClass = false;
  }
  at += 1;
  while (/[a-z]/.test(source[at] ?? '')) at += 1;
  return at;
}

function endOfQuoted(source: string, start: number): number {
  let at = start + 1;
  while (at < source.length && source[at] !== source[start]) at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}

function indexOrEnd(source: string, text: string, from: number): number {
  const index = source.indexOf(text, from);
  return index === -1 ? source.length : index;
}
