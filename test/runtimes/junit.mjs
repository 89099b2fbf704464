// Reads the results of tests from a JUnit file, the one report that Node, Bun and Deno all write.

/**
 * The tests of a report, as `{ name, outcome: 'passed' | 'failed' | 'skipped', reason }`; `reason` is the beginning
 * of the failure. Deno reports each `describe` as a test too: those are dropped, unless one failed although all in it passed.
 */
export function testsOf(xml) {
  const tests = [...xml.matchAll(/<testcase((?:\s+[\w-]+="[^"]*")*)\s*(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, attributes, body = '']) => ({ name: attribute(attributes, 'name'), ...outcomeOf(body) }),
  );
  return tests.filter(({ name, outcome }) => {
    const inside = tests.filter((test) => test.name.startsWith(`${name} > `));
    if (inside.length === 0) return true;
    return outcome === 'failed' && inside.every((test) => test.outcome !== 'failed');
  });
}

function outcomeOf(body) {
  if (/<skipped\b/.test(body)) return { outcome: 'skipped' };
  const failure =
    /<(?:failure|error)((?:\s+[\w-]+="[^"]*")*)\s*(?:\/>|>([\s\S]*?)<\/(?:failure|error)>)/.exec(body);
  if (failure === null) return { outcome: 'passed' };
  const [, attributes, text = ''] = failure;
  // Deno's attribute says only that an error was not caught, and its text says which.
  const message = attribute(attributes, 'message');
  const said = /^(?:Uncaught error)?$/.test(message) ? unescapeXml(text) : message;
  return { outcome: 'failed', reason: beginning(said) || attribute(attributes, 'type') || 'no reason given' };
}

function attribute(attributes, name) {
  return unescapeXml(new RegExp(`\\s${name}="([^"]*)"`).exec(attributes)?.[1] ?? '');
}

/** What an error says before its stack, in one line. */
function beginning(text) {
  const control = String.fromCharCode(27);
  const plain = text.replaceAll(new RegExp(`${control}\\[[0-9;]*m`, 'g'), '');
  return plain
    .split(/\n\s+at /)[0]
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function unescapeXml(text) {
  const named = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(lt|gt|quot|apos|amp));/gi, (_, hex, decimal, name) =>
    name !== undefined ? named[name] : String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal)),
  );
}
