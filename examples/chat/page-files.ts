// Serves the page: what is written by hand from the source folder, and the modules as they were compiled.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { fileURLToPath } from 'node:url';
import sirv from 'sirv';

const packageRoot = new URL('../../../', import.meta.url);
const folder = (path: string): string => fileURLToPath(new URL(path, packageRoot));

/** The only modules that are served: those that the page imports. */
const modules = /^\/modules(\/(?:src\/(?:client|session|channel)|examples\/chat)\/[\w/-]+\.js)$/;

/** Browsers take an import map only from the page itself: its hash lets this one through, and no other script. */
function importMapHash(): string {
  const page = readFileSync(folder('examples/chat/page/index.html'), 'utf8');
  const [, map = ''] = /<script type="importmap">(.*?)<\/script>/s.exec(page) ?? [];
  return `'sha256-${createHash('sha256').update(map).digest('base64')}'`;
}

function securityHeaders(): readonly (readonly [string, string])[] {
  const policy = [
    "default-src 'none'",
    `script-src 'self' ${importMapHash()}`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return [
    ['content-security-policy', policy.join('; ')],
    ['x-content-type-options', 'nosniff'],
    ['referrer-policy', 'no-referrer'],
    ['cross-origin-opener-policy', 'same-origin'],
    ['cross-origin-resource-policy', 'same-origin'],
    ['cache-control', 'no-cache'],
  ];
}

export function servePage(): RequestListener {
  const headers = securityHeaders();
  const written = sirv(folder('examples/chat/page'), { etag: true });
  const compiled = sirv(folder('dist'), { etag: true });
  return (request, response) => {
    for (const [name, value] of headers) response.setHeader(name, value);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const notFound = () => void response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const [, module] = modules.exec(path) ?? [];
    if (module === undefined) return written(request, response, notFound);
    request.url = module;
    compiled(request, response, notFound);
  };
}
