// Mutations of what keeps a client from being led astray.

import { grouped } from './grouped.mjs';

const client = 'websocket/client';
const redirect = `${client}/redirect.js`;
const opening = `${client}/opening-handshake.js`;
const options = `${client}/client-options.js`;

export const clientMutations = [
  ...grouped({ section: 'TLS', file: `${client}/dial.js`, tests: [`${client}/`] }, [
    [
      'certificates are verified',
      'ALPNProtocols: [alpnProtocol],',
      'ALPNProtocols: [alpnProtocol],\n        rejectUnauthorized: false,',
    ],
    [
      'a certificate is that of the host',
      'ALPNProtocols: [alpnProtocol],',
      'ALPNProtocols: [alpnProtocol],\n        checkServerIdentity: () => undefined,',
    ],
    [
      'nothing is sent before the certificate is checked',
      "connected(socket, 'secureConnect'",
      "connected(socket, 'connect'",
    ],
    [
      'a proxy is not shown the certificate of the client',
      '{ settings: { ...settings, tls }, signal }',
      '{ settings, signal }',
    ],
    ['a proxy that refuses opens no tunnel', 'if (status < 200 || status > 299) {', 'if (false) {'],
    [
      'a stream that comes when nobody waits is destroyed',
      'if (signal.aborted)\n            stream.destroy();',
      ';',
    ],
  ]),
  ...grouped(
    { section: 'TLS', file: `${client}/agent-exchange.js`, tests: [`${client}/`, 'websocket/drop-in/'] },
    [
      [
        'certificates are verified, with an agent too',
        '...settings.tcp,',
        '...settings.tcp,\n            ...(isSecure && settings.tls.rejectUnauthorized === undefined && { rejectUnauthorized: false }),',
      ],
    ],
  ),
  ...grouped({ section: 'TLS', file: `${client}/session-pool.js`, tests: [`${client}/`] }, [
    ['a session is shared only with the same trust', 'hasSameValues(left.tls, right.tls) &&', 'true &&'],
  ]),

  ...grouped({ section: 'Redirects', file: options, tests: [`${client}/`] }, [
    [
      'no redirect is followed unless that is asked for',
      'maxRedirects: followRedirects ? maxRedirects : 0,',
      'maxRedirects,',
    ],
  ]),
  ...grouped({ section: 'Redirects', file: opening, tests: [`${client}/`] }, [
    ['redirects have a largest number', 'maxRedirects - redirects', 'maxRedirects'],
  ]),
  ...grouped({ section: 'Redirects', file: redirect, tests: [`${client}/redirect`] }, [
    [
      'only WebSocket URLs are followed',
      "if (url.protocol !== 'ws:' && url.protocol !== 'wss:')",
      'if (false)',
    ],
    [
      'another port is another origin',
      'if (url.origin !== hop.url.origin)',
      'if (url.hostname !== hop.url.hostname)',
    ],
    ['Authorization stays behind', "'authorization',", ''],
    ['Cookie stays behind', "'cookie',", ''],
    ['Host stays behind', "'host',", ''],
    ['Proxy-Authorization stays behind', "'proxy-authorization',", ''],
    [
      'names of fields are compared in any case',
      'credentialFields.has(name.toLowerCase())',
      'credentialFields.has(name)',
    ],
    [
      'the certificate of the client stays behind',
      'cert, key, passphrase, pfx, secureContext, servername, ...tls',
      '...tls',
    ],
    [
      'another origin is not behind the same Unix socket',
      'route: withoutSocketPath(settings.route)',
      'route: settings.route',
    ],
    [
      'an error shows no secret of the address',
      'JSON.stringify(shownUrl(location))',
      'JSON.stringify(location)',
    ],
  ]),

  ...grouped({ section: 'Answers', file: `${client}/response-head.js`, tests: [`${client}/`] }, [
    ['interim answers have a largest number', 'answers > MAX_INTERIM_ANSWERS', 'false'],
    ['an answer that cannot be read is refused', 'if (refusal !== undefined) {', 'if (false) {'],
  ]),
  ...grouped(
    {
      section: 'Answers',
      file: `${client}/client-connection.js`,
      tests: [`${client}/`, 'websocket/whatwg/'],
    },
    [
      [
        'an opening handshake has a deadline',
        'timerWheel.schedule(this, hop.settings.handshakeTimeoutMs);',
        ';',
      ],
      ['a connection that opens when nobody waits is cut', 'stream.destroy();', ';'],
    ],
  ),
  ...grouped({ section: 'Answers', file: `${client}/stream-wait.js`, tests: [`${client}/`] }, [
    ['a stream that failed is destroyed', 'cut();', ';'],
    ['an end before the answer is told', "stream.on('end', onClose);", ';'],
  ]),

  ...grouped({ section: 'Fields', file: options, tests: [`${client}/client-options`, `${client}/dial`] }, [
    [
      'no line break passes from a caller into a head',
      "typeof value !== 'string' || !isFieldValue(value)",
      'false',
    ],
    ['the name of a field is a token', 'if (!isToken(name)) {', 'if (false) {'],
    ['fields of the handshake are its own', 'if (isHandshakeField(name.toLowerCase())) {', 'if (false) {'],
    ['the origin is checked as other fields are', "checkRequestField('Origin', from);", ';'],
    [
      'an error does not repeat the password of a proxy',
      "'proxy must be an http or https URL, such as http://proxy.example:3128'",
      'String(proxy)',
    ],
  ]),
  ...grouped({ section: 'Redirects', file: `${client}/redirect.js`, tests: [`${client}/redirect`] }, [
    ['a subprotocol that is a credential stays behind', "!name.toLowerCase().includes('bearer.')", 'true'],
  ]),
  ...grouped({ section: 'Answers', file: `${client}/agent-exchange.js`, tests: [`${client}/dial`] }, [
    ['interim answers are counted', 'if (flood === undefined)', 'if (true)'],
  ]),
  ...grouped({ section: 'Fields', file: `${client}/shown-url.js`, tests: [`${client}/shown-url`] }, [
    [
      'an error shows no user information',
      'at < start ? address : address.slice(0, start) + address.slice(at + 1)',
      'address',
    ],
    ['an error shows no query', 'return query === -1 ? shown :', 'return query === -1 ? shown : text ||'],
  ]),
];
