// Reads the arguments of a script. With --help it prints the comment that the script begins with, and ends; what it does not
// know ends it with 2.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** `script`: its `import.meta.url`. `config`: as `parseArgs` of `node:util` takes it. */
export function readArguments(script, config = {}) {
  const help = { type: 'boolean', short: 'h' };
  try {
    const read = parseArgs({ ...config, options: { ...config.options, help } });
    if (!read.values.help) return read;
  } catch (error) {
    console.error(`${error.message}\n\n${leadingComment(script)}`);
    process.exit(2);
  }
  console.log(leadingComment(script));
  process.exit(0);
}

function leadingComment(script) {
  const lines = readFileSync(new URL(script), 'utf8').split('\n');
  const end = lines.findIndex((line) => !line.startsWith('//'));
  return lines
    .slice(0, end)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n');
}
