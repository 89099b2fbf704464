// Mutations of what defends a server until a connection is open: origins, heads, caps, refusals and addresses.

import { grouped } from './grouped.mjs';

const server = 'websocket/server';
const opening = `${server}/opening-handshake.js`;
const exchange = `${server}/http1-exchange.js`;
const sessions = `${server}/http2-sessions.js`;
const tls = `${server}/tls-handshakes.js`;
const listener = `${server}/listener.js`;
const addresses = `${server}/client-address.js`;
const failures = `${server}/failed-handshakes.js`;
const handshakes = [`${server}/opening-handshake`, `${server}/websocket-server`];

export const openingMutations = [
  ...grouped({ section: 'Origin', file: `${server}/origin-policy.js`, tests: [`${server}/origin-policy`] }, [
    [
      'pages that are not listed are refused by default',
      'this.#allowed === undefined || origin',
      'true || origin',
    ],
    [
      'a host that ends with the name is another',
      'return from === asked ||',
      'return from.endsWith(asked) ||',
    ],
    [
      'a host that begins with the name is another',
      'return from === asked ||',
      'return from.startsWith(asked) ||',
    ],
    [
      'another port is another origin',
      'return from === asked ||',
      "return from.split(':')[0] === asked.split(':')[0] ||",
    ],
    ['the default port is that of the scheme', "['https://', ':443']", "['https://', ':80']"],
    [
      'a scheme that is not of the web is no origin of the host',
      'if (!origin.startsWith(scheme))',
      'if (false)',
    ],
    [
      'an origin that is listed is compared as a whole',
      'if (this.#allowed.has(origin))',
      'if ([...this.#allowed].some((one) => origin.startsWith(one)))',
    ],
    ['a pattern is no origin: it would match nothing in silence', " && !origin.includes('*')", ''],
    ['a URL with a path is no origin', 'parsed?.origin === origin', 'parsed !== undefined'],
  ]),
  ...grouped({ section: 'Origin', file: opening, tests: [`${server}/origin-policy`, ...handshakes] }, [
    ['a page that is refused is counted', "this.#core.gate.count('allowedOrigins');", ';'],
  ]),

  ...grouped({ section: 'Opening handshakes', file: opening, tests: handshakes }, [
    [
      'an opening handshake has a deadline',
      'timerWheel.schedule(this, core.settings.handshakeTimeoutMs);',
      ';',
    ],
    [
      'a handshake that took too long is cut',
      "count('handshakeTimeoutMs');\n        this.#exchange.destroy();",
      "count('handshakeTimeoutMs');",
    ],
    ['a handshake that took too long is counted', "this.#core.gate.count('handshakeTimeoutMs');", '{}'],
    [
      'an error of a socket in its handshake ends nothing else',
      "exchange.carrier.on('error', this.#onGone);",
      ';',
    ],
    [
      'a socket that is gone in its handshake is counted out',
      "exchange.carrier.on('close', this.#onGone);",
      ';',
    ],
    [
      'a socket that was gone before is counted out',
      'if (this.#exchange.isGone) {\n            // Its',
      'if (false) {\n            // Its',
    ],
    ['nothing is read while the application decides', 'this.#exchange.carrier.pause();', ';'],
    ['a hook that rejects is answered, and ends nothing else', ', (error) => this.#fail(error));', ');'],
    [
      'a refusal tells nothing of what the hook threw',
      "'The server could not decide about this request.'",
      'String(error)',
    ],
    ['an error of the hook is reported', "this.#core.report(errorOf(error, 'the upgrade hook'));", ';'],
    ['a server that closes takes nobody in', 'if (!this.#core.isAccepting) {', 'if (false) {'],
    [
      'a decision that comes after the refusal comes too late',
      'if (this.#isDone || this.#isRefused || this.#exchange.isGone)\n            return;\n        try {',
      'try {',
    ],
    ['one who has a cap above him is refused', 'else\n            this.#refuseAsFull();', ';'],
  ]),
  ...grouped(
    {
      section: 'Opening handshakes',
      file: listener,
      tests: [`${server}/listener`, `${server}/opening-handshake`],
    },
    [
      [
        'a TLS handshake has the same deadline',
        'handshakeTimeout: this.#core.settings.handshakeTimeoutMs,',
        '',
      ],
      [
        'a socket whose TLS handshake failed is closed',
        '(_error, socket) => socket.destroy());',
        '() => undefined);',
      ],
      ['a request without its end is cut when the client has ended', "socket.on('end', onEnd);", ';'],
      ['TLS handshakes are counted as those that follow', 'handshakes.end(socket);', ';'],
    ],
  ),
  ...grouped({ section: 'Opening handshakes', file: tls, tests: [`${server}/listener`, `${server}/gate`] }, [
    ['TLS handshakes are capped', ' || !visit.enter()', ''],
    [
      'a TLS handshake needs a descriptor below the cap',
      "this.#gate.checkDescriptor(socket) !== 'free' || ",
      '',
    ],
    [
      'a TLS handshake that came to nothing is counted out',
      "socket.on('close', () => {\n            visit.abandon();",
      "socket.on('close', () => {",
    ],
  ]),
  ...grouped({ section: 'HTTP/2', file: sessions, tests: [`${server}/http2`, `${server}/connect`] }, [
    ['sessions are capped as connections are', ' || !this.#admission.enter(address)', ''],
    ['a server that closes takes no session', '!this.#core.isAccepting || ', ''],
    ['a session that is over is counted out', 'this.#admission.leave(address);', ';'],
    [
      'a session without a stream has a deadline',
      'widenSession(session);\n        timerWheel.schedule(this, idleMs);',
      'widenSession(session);',
    ],
    [
      'a session whose last stream is over has a deadline',
      'if (this.#streams === 0 && !this.#session.destroyed)',
      'if (false)',
    ],
    ['an error of a session ends nothing else', "session.on('error', () => undefined);", ';'],
    [
      'the fields of a request have a largest number',
      'maxHeaderListPairs: httpHeadLimitDefaults.maxHeaders,',
      '',
    ],
    [
      'the fields of a request have a longest length',
      'maxHeaderListSize: httpHeadLimitDefaults.maxHeadBytes,',
      '',
    ],
    ['the streams of a session have a largest number', 'maxConcurrentStreams: 1_000,', ''],
  ]),

  ...grouped({ section: 'Refusals', file: exchange, tests: [`${server}/http1-exchange`] }, [
    [
      'a connection is closed after every refusal',
      'this.carrier.end(serializeRejection(status, headers, body));',
      'this.carrier.write(serializeRejection(status, headers, body));',
    ],
    ['what is sent behind a refused request is not left unread', 'forgetInput(this.carrier);', ';'],
    ['a name that every object has is the name of no field', 'Object.hasOwn(headersDistinct, name)', 'true'],
    [
      'a field that came twice is read whole',
      "headersDistinct[name]?.join(', ')",
      'headersDistinct[name]?.[0]',
    ],
  ]),
  ...grouped({ section: 'Refusals', file: opening, tests: handshakes }, [
    [
      'a refusal that is not read is cut',
      'this.#isRefused = true;\n        timerWheel.schedule(this, LINGER_MS);',
      'this.#isRefused = true;',
    ],
    [
      'while many read their refusals, those who come are cut',
      "if (isCrowded && this.#exchange.httpVersion === '1.1')",
      'if (false)',
    ],
  ]),
  ...grouped(
    {
      section: 'Refusals',
      file: `${server}/upgrade-router.js`,
      tests: [`${server}/websocket-server`, `${server}/opening-handshake`],
    },
    [
      ['a path that nobody serves is answered', 'new Http1Exchange(socket).refuse(notFound);', ';'],
      [
        'an error of a socket that is refused ends nothing else',
        "socket.on('error', () => socket.destroy());",
        ';',
      ],
      [
        'a refusal that is not read is cut, on a server that is attached',
        'const deadline = setTimeout(() => socket.destroy(), LINGER_MS);',
        'const deadline = setTimeout(() => undefined, LINGER_MS);',
      ],
    ],
  ),

  ...grouped(
    {
      section: 'Failed handshakes',
      file: failures,
      tests: [`${server}/failed-handshakes`, `${server}/gate`],
    },
    [
      ['after so many refusals, an address gets each late', 'if (record.bucket.take(now))', 'if (true)'],
      [
        'an address whose refusals are held back is turned away at once',
        '(this.#records.get(addressGroup(address))?.held ?? 0) >= this.#limits.maxHandshakesPerAddress / 2',
        'false',
      ],
      [
        'refusals held back take half the places of an address',
        'record.held >= maxHandshakesPerAddress / 2 || ',
        '',
      ],
      ['refusals held back take half the places of all', ' || this.#held >= maxHandshakes / 2', ''],
      [
        'addresses that are remembered have a largest number',
        'if (this.#records.size <= MAX_ADDRESSES)',
        'if (true)',
      ],
      ['the address that failed longest ago is forgotten first', 'this.#records.delete(group);\n', '\n'],
      [
        'IPv6 addresses of one client fail together',
        'this.#recordOf(addressGroup(address), now)',
        'this.#recordOf(address, now)',
      ],
      ['a refusal that was given leaves its place', 'this.#held -= 1;', ';'],
    ],
  ),
  ...grouped({ section: 'Failed handshakes', file: opening, tests: [`${server}/gate`] }, [
    ['a refusal is held back', 'if (!isFailure(status) || !this.#visit.holdBack()) {', 'if (true) {'],
    ['what is the fault of the server is not the fault of the client', 'status < 500', 'status < 600'],
    ['one who asks for a page has not failed', ' && status !== 426', ''],
    [
      'one whose refusals are held back is turned away at once',
      'if (this.#visit.isBlocked()) {',
      'if (false) {',
    ],
    [
      'one who does not wait for a refusal that is held back is noticed',
      'forgetInput(this.#exchange.carrier);',
      ';',
    ],
    ['a refusal that is held back is given', 'this.#answerHeld(this.#held);\n            return;', 'return;'],
  ]),

  ...grouped(
    {
      section: 'Connections',
      file: `${server}/admission.js`,
      tests: [`${server}/admission`, `${server}/gate`],
    },
    [
      ['connections have a largest number', 'if (this.#connections.exceeds(1))', 'if (false)'],
      ['handshakes have a largest number', 'if (this.#handshakes.exceeds(1))', 'if (false)'],
      [
        'connections of one address have a largest number',
        'if (share.connections >= this.#limits.maxConnectionsPerAddress) {',
        'if (false) {',
      ],
      [
        'handshakes of one address have a largest number',
        'if (share.handshakes >= this.#limits.maxHandshakesPerAddress) {',
        'if (false) {',
      ],
      ['each cap that was reached is counted', 'this.#count(limit);', ';'],
      ['a handshake that is over leaves its place', 'this.#handshakes.change(-1);', ';'],
      ['a handshake that is over leaves the place of its address', 'share.handshakes -= 1;', ';'],
      ['a connection that is gone leaves its place', 'this.#connections.change(-1);', ';'],
      ['a connection that is gone leaves the place of its address', 'share.connections -= 1;', ';'],
      [
        'IPv6 addresses of one client count together',
        'const group = addressGroup(address);\n        const share = this.#shares.get(group) ??',
        'const group = address;\n        const share = this.#shares.get(group) ??',
      ],
    ],
  ),
  ...grouped({ section: 'Descriptors', file: `${server}/gate.js`, tests: [`${server}/gate`] }, [
    ['a descriptor above the cap is refused', 'if (descriptor < maxDescriptors)', 'if (true)'],
    ['each one is counted', "this.count('maxDescriptors');", ';'],
    ['the application is told', 'this.#report(new ConnectionError(', 'void (new ConnectionError('],
    ['the application is told once a minute', 'if (now - this.#reportedAt >= REPORT_MS) {', 'if (true) {'],
    ['the last descriptors are not spent on refusals', "? 'full' : 'last'", "? 'full' : 'full'"],
  ]),
  ...grouped(
    { section: 'Failed handshakes', file: `${server}/opening-handshake.js`, tests: [`${server}/gate`] },
    [
      [
        'an answer that was held back and cannot be written ends nothing',
        'try {\n            this.#answer(held);\n        }\n        catch (error) {\n            this.#fail(error);\n        }',
        'this.#answer(held);',
      ],
    ],
  ),
  ...grouped(
    {
      section: 'Opening handshakes',
      file: `${server}/http1-exchange.js`,
      tests: [`${server}/websocket-server`],
    },
    [['no upgrade overtakes an earlier answer', 'response.req !== request', 'false']],
  ),
  ...grouped(
    {
      section: 'Opening handshakes',
      file: 'websocket/drop-in/websocket-server.js',
      tests: ['websocket/drop-in/websocket-server'],
    },
    [['a socket that fails to upgrade is heard', "socket.on('error', () => socket.destroy());", ';']],
  ),
  ...grouped({ section: 'Addresses', file: `${server}/gate.js`, tests: [`${server}/gate`] }, [
    ['a proxy is not counted as a client', ' && !settings.clients.isProxy(this.#peer)', ''],
    [
      'a client behind a proxy is counted by its own address',
      'settings.clients.find(this.#peer, forwardedFor)',
      'this.#peer',
    ],
    [
      'a client behind a proxy is refused above the caps of its address',
      'if (!admission.identify(client))',
      'if (false)',
    ],
  ]),
  ...grouped({ section: 'Addresses', file: addresses, tests: [`${server}/client-address`] }, [
    [
      'what stands left of an address that is no proxy is not believed',
      'while (this.isProxy(address)) {',
      'while (entries.length > 0) {',
    ],
    [
      'what is no address is not taken for one',
      'entry === undefined || isIP(entry) === 0',
      'entry === undefined',
    ],
    ['IPv6 counts by its first 64 bits', '.slice(0, 4)', '.slice(0, 8)'],
    ['IPv4 in the form of IPv6 is IPv4', ".startsWith('::ffff:')", ".startsWith('::eeee:')"],
    ['a network has no more bits than an address', ' || bits > most', ''],
    ['what is no network is refused', 'family === 0 || ', ''],
  ]),
];
