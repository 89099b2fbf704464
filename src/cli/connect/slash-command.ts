// What a line typed into `tidewire connect` asks for: a command after a slash, or a message.

export type TypedLine =
  | { readonly type: 'send'; readonly text: string }
  | { readonly type: 'ping' | 'pong'; readonly text: string }
  | { readonly type: 'close'; readonly code: number | undefined; readonly reason: string }
  | { readonly type: 'help' }
  | { readonly type: 'mistake'; readonly advice: string };

export const slashHelp = `/ping [text]           send a Ping; its Pong is timed
/pong [text]           send a Pong that nobody asked for
/close [code] [reason] start the closing handshake
/help                  show this
//text                 send a message that begins with a slash`;

export function readLine(line: string): TypedLine {
  if (!line.startsWith('/')) return { type: 'send', text: line };
  if (line.startsWith('//')) return { type: 'send', text: line.slice(1) };
  const [name, rest] = splitAtSpace(line.slice(1));
  switch (name) {
    case 'ping':
    case 'pong':
      return { type: name, text: rest };
    case 'close': {
      const [code, reason] = splitAtSpace(rest);
      if (code === '') return { type: 'close', code: undefined, reason: '' };
      if (/^\d{4}$/.test(code)) return { type: 'close', code: Number(code), reason };
      return { type: 'mistake', advice: `a close code has four digits, such as 1000, not ${code}` };
    }
    case 'help':
      return { type: 'help' };
    default:
      return { type: 'mistake', advice: `/${name} is no command: try /help, or //${name} to send it` };
  }
}

function splitAtSpace(text: string): [string, string] {
  const trimmed = text.trim();
  const at = trimmed.indexOf(' ');
  return at === -1 ? [trimmed, ''] : [trimmed.slice(0, at), trimmed.slice(at + 1).trim()];
}
