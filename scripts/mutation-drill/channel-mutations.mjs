// Mutations of what defends a server of channels: who somebody is, what they may do, and how much of it.

import { grouped } from './grouped.mjs';

const machine = 'session/machine/server-connection.js';
const context = 'session/machine/connection-context.js';
const subscriptions = 'session/machine/subscription-set.js';
const registry = 'session/machine/session-registry.js';
const desk = 'server/auth/authentication-desk.js';
const gate = 'server/auth/contract-gate.js';
const jwt = 'server/auth/jwt.js';
const limitTests = ['session/machine.limits', 'server/limits', 'server/options'];
const keepers = ['broker/memory-broker', 'server/limits'];
const machines = [
  'session/machine',
  'server/auth/contract-gate',
  'server/auth/authentication-desk',
  'server/calls/',
  'server/realtime-server',
];
const codecs = ['session/codec', 'session/packet-check', 'session/machine.hostile-server'];

export const channelMutations = [
  ...grouped({ section: 'Packets', file: machine, tests: machines }, [
    ['a packet has a longest length', 'if (message.length > this.#hub.limits[limit])', 'if (false)'],
    [
      'a hello has a shorter one',
      "? 'maxPacketBytes' : 'maxHelloBytes'",
      "? 'maxPacketBytes' : 'maxPacketBytes'",
    ],
    ['nothing comes before hello', "this.#state !== 'new' || packet.t !== 'hello'", 'false'],
    ['hello comes once', "throw new PacketError('a second hello');", 'return;'],
    ['another version of the protocol is refused', 'if (packet.v !== 1)', 'if (false)'],
    ['what is no packet is counted', 'this.#hub.countBadPacket();', ';'],
    ['what is no packet closes the connection', 'this.close(error.closeCode, error.message);', ';'],
    [
      'an error of ours ends its connection alone',
      "this.#hub.report(error);\n                this.close(SessionCloseCode.InternalError, 'internal error');",
      'throw error;',
    ],
    ['hello has a deadline', 'if (now - this.#acceptedAt >= helloMs)', 'if (false)'],
    ['silence has a deadline', 'now - this.#heardAt >= times.idleMs', 'false'],
  ]),
  ...grouped({ section: 'Packets', file: 'session/codec/plain-data.js', tests: codecs }, [
    ['a packet is no deeper than 32', 'if (depth > maxPacketDepth)', 'if (false)'],
    ['decoded maps have no prototype', 'Object.setPrototypeOf(value, null);', ';'],
    ['numbers are finite', "typeof value === 'number' && !Number.isFinite(value)", 'false'],
  ]),
  ...grouped({ section: 'Packets', file: 'session/codec/json-codec.js', tests: codecs }, [
    [
      'an error repeats nothing of what came',
      'catch {',
      'catch (error) { throw new PacketError(error.message);',
    ],
  ]),
  ...grouped({ section: 'Packets', file: 'session/codec/messagepack-reader.js', tests: codecs }, [
    ['a packet is no deeper than 32', 'if (depth > maxPacketDepth)', 'if (false)'],
    ['decoded maps have no prototype', 'Object.setPrototypeOf({}, null)', '({})'],
    ['an announced length is not believed', 'if (length > this.#bytes.length - start)', 'if (false)'],
    ['a key is text', "if (typeof name !== 'string')", 'if (false)'],
    ['a key comes once', 'if (name in fields)', 'if (false)'],
    ['numbers are finite', 'if (!Number.isFinite(value))', 'if (false)'],
    ['integers are safe', 'if (!Number.isSafeInteger(number))', 'if (false)'],
    ['text is UTF-8', 'fatal: true', 'fatal: false'],
    ['nothing comes behind a packet', 'if (this.#at !== this.#bytes.length)', 'if (false)'],
  ]),
  ...grouped({ section: 'Packets', file: 'session/packet-check.js', tests: codecs }, [
    ['each field has its type', 'if (!check(value[name]))', 'if (false)'],
    [
      'lists have a largest number',
      ' && value.length <= maxLength && value.every(check)',
      ' && value.every(check)',
    ],
    [
      'texts have a longest length',
      ' && value.length > 0 && value.length <= maxLength',
      ' && value.length > 0',
    ],
    ['an unknown type is refused', 'if (fields === undefined)', 'if (false)'],
  ]),

  ...grouped(
    {
      section: 'Rates',
      file: 'server/packet-rates.js',
      tests: ['server/packet-rates', 'server/realtime-server'],
    },
    [
      ['packets have a rate', 'const debtMs = this.#packets.spend(now, 1);', 'const debtMs = 0;'],
      [
        'one who is far ahead is closed',
        'return debtMs > maxDebtMs ? Number.POSITIVE_INFINITY : debtMs;',
        'return debtMs;',
      ],
      ['publishes have a rate', "pub: 'maxPublishesPerSecond',", 'pub: undefined,'],
      ['subscribing has a rate', "sub: 'maxRequestsPerSecond',", 'sub: undefined,'],
      ['history has a rate', "hist: 'maxRequestsPerSecond',", 'hist: undefined,'],
      ['presence has a rate', "pres: 'maxRequestsPerSecond',", 'pres: undefined,'],
      ['calls have a rate', "rpc: 'maxRequestsPerSecond',", 'rpc: undefined,'],
      ['credentials have a rate', "auth: 'maxRequestsPerSecond',", 'auth: undefined,'],
      ['packets that are refused are counted', "this.#onLimit('maxPacketsPerSecond');", ';'],
      ['what is refused besides is counted', 'this.#onLimit(limit);', ';'],
    ],
  ),
  ...grouped({ section: 'Rates', file: machine, tests: machines }, [
    ['one who is too fast is told to wait', 'if (waitMs === 0)\n            return true;', 'return true;'],
    ['one who is far ahead is closed', "this.close(SessionCloseCode.TooMany, 'too many packets');", ';'],
  ]),

  ...grouped({ section: 'Caps', file: context, tests: machines }, [
    ['requests without a reply have a largest number', 'if (this.#inflight >= most) {', 'if (false) {'],
    ['a reply makes room', 'this.#inflight--;', ';'],
  ]),
  ...grouped({ section: 'Caps', file: subscriptions, tests: machines }, [
    ['subscriptions have a largest number', 'if (this.#entries.size >= most) {', 'if (false) {'],
    ['the name of a channel is checked', 'if (!isChannelName(ch))', 'if (false)'],
    ['a channel is named once in a resume', 'if (names.has(ch))', 'if (false)'],
  ]),
  ...grouped({ section: 'Caps', file: 'session/machine/presence-desk.js', tests: machines }, [
    [
      'presences have a largest number',
      '!this.#entered.has(ch) && this.#entered.size >= maxPresences',
      'false',
    ],
    [
      'what one tells of oneself has a largest cost',
      'if (dataCost(data) > maxPresenceBytes) {',
      'if (false) {',
    ],
    [
      'watched channels have a largest number',
      'if (this.#watched.size >= this.#host.limits.maxSubscriptions) {',
      'if (false) {',
    ],
    [
      'clocks that are remembered have a largest number',
      'if (this.#asked.size > this.#host.limits.maxPresences * 2)',
      'if (false)',
    ],
    ['the name of a channel is checked', 'if (!isChannelName(packet.ch))', 'if (false)'],
  ]),
  ...grouped({ section: 'Caps', file: 'session/machine/call-desk.js', tests: machines }, [
    ['a page of history has a largest number', 'Math.min(packet.n, historyPage)', 'packet.n'],
    ['the name of a channel is checked', 'if (!isChannelName(packet.ch))', 'if (false)'],
    ['an id is of one call at a time', 'if (this.#running.has(id))', 'if (false)'],
    [
      'a call does not outlive its connection',
      'cancelTimer?.();\n            call?.cancel();',
      'cancelTimer?.();',
    ],
    [
      'the deadline of the contract holds, whatever a client asks for',
      'Math.min(call.deadlineMs, deadlineMs ?? Number.POSITIVE_INFINITY)',
      '(deadlineMs ?? call.deadlineMs)',
    ],
  ]),
  ...grouped({ section: 'Caps', file: 'session/machine/connection-output.js', tests: machines }, [
    [
      'publications wait while the queue is full',
      'this.#sink.bufferedAmount < this.#host.limits.maxQueuedBytes',
      'true',
    ],
    [
      'one who does not read replies is closed',
      'if (this.#sink.bufferedAmount > maxQueuedBytes + controlReserveBytes) {',
      'if (false) {',
    ],
  ]),
  ...grouped({ section: 'Caps', file: 'session/machine/replay-gate.js', tests: machines }, [
    [
      'what is held for readers has a largest number',
      'if (this.#items.length <= this.#host.limits.maxGate)',
      'if (true)',
    ],
  ]),
  ...grouped({ section: 'Caps', file: 'session/machine/presence-stream.js', tests: machines }, [
    [
      'members that are listed have a largest number',
      '(this.#map?.count ?? 0) <= this.#host.limits.maxListedMembers',
      'true',
    ],
  ]),
  ...grouped({ section: 'Caps', file: 'channel/resume-verdict.js', tests: ['channel/', ...machines] }, [
    ['a replay has a largest length', 'if (kept.head - asked.offset > maxReplay)', 'if (false)'],
  ]),
  ...grouped(
    {
      section: 'Caps',
      file: 'server/transports/opening.js',
      tests: ['server/transports/', 'server/realtime-server'],
    },
    [
      [
        'subscriptions of the address have a largest number',
        'if (subscriptions.length <= maxSubscriptions)',
        'if (true)',
      ],
      [
        'the plain form can be switched off',
        'offered.length > 0 || !limits.allowsPlain',
        'offered.length > 0',
      ],
    ],
  ),
  ...grouped({ section: 'Caps', file: 'server/options.js', tests: ['server/options'] }, [
    ['a time that is mistyped is refused', 'if (!Object.hasOwn(sessionTimeDefaults, name))', 'if (false)'],
    [
      'there is no time of nothing',
      '!Number.isSafeInteger(value) || value < 1 || value > longestTimerMs',
      'false',
    ],
    [
      'cookies and pages of every origin do not go together',
      "tokenFrom?.cookie !== undefined && webSocket?.allowedOrigins === '*'",
      'false',
    ],
    ['silence is no fault before a ping is', 'if (idleMs <= pingMs) {', 'if (false) {'],
  ]),
  ...grouped({ section: 'Caps', file: 'server/transports/websocket-door.js', tests: ['server/'] }, [
    ['a server that closes lets nobody in', 'if (!this.isOpen) {', 'if (false) {'],
    ['openings that are refused are counted', 'metrics.refusedOpenings++;', ';'],
    [
      'where every page may connect, cookies count for pages of this host',
      "new OriginPolicy(allowedOrigins === '*' ? [] : allowedOrigins)",
      'new OriginPolicy(allowedOrigins)',
    ],
  ]),

  ...grouped({ section: 'Caps', file: 'session/limits.js', tests: limitTests }, [
    ['a limit that is mistyped is refused', 'if (!Object.hasOwn(sessionLimitDefaults, name))', 'if (false)'],
    [
      'there is no limit of nothing, and none that is unlimited',
      'if (Number.isSafeInteger(value) && value > 0)',
      'if (true)',
    ],
    ['a limit of a part is below that of its whole', 'if (given[part] !== undefined) {', 'if (false) {'],
  ]),
  ...grouped({ section: 'Caps', file: 'server/limits.js', tests: limitTests }, [
    ['a limit that is mistyped is refused', 'if (!limitNames.has(name))', 'if (false)'],
    ['a message is no longer than a packet', 'maxMessageBytes: maxPacketBytes,', ''],
    [
      'publishes are no more than packets',
      "fitPart(rates, asked, { part: 'maxPublishesPerSecond', whole: 'maxPacketsPerSecond' });",
      ';',
    ],
    [
      'requests are no more than packets',
      "fitPart(rates, asked, { part: 'maxRequestsPerSecond', whole: 'maxPacketsPerSecond' });",
      ';',
    ],
    [
      'packets are no more than messages',
      "fitPart(rates, asked, { part: 'maxPacketsPerSecond', whole: 'maxMessagesPerSecond' });",
      ';',
    ],
    [
      'one queue is no longer than all',
      'maxTotalQueuedBytes !== undefined && queueBytes > maxTotalQueuedBytes',
      'false',
    ],
    ['a longest packet fits into the budget', 'if (value < bytes) {', 'if (false) {'],
  ]),
  ...grouped({ section: 'Caps', file: gate, tests: ['server/auth/contract-gate'] }, [
    ['maps and lists have a largest number', 'if (!hasMoreContainers(sent, maxContainers))', 'if (true)'],
    ['they are counted', "this.#options.onLimit('maxContainers');", ';'],
  ]),
  ...grouped(
    { section: 'Packets', file: 'channel/plain-data.js', tests: ['channel/', 'server/auth/contract-gate'] },
    [
      ['a payload is no deeper than 28', 'if (depth > maxPayloadDepth)', 'if (false)'],
      ['half a surrogate pair is no text', 'value.isWellFormed() ?', 'true ?'],
    ],
  ),
  ...grouped({ section: 'Packets', file: 'session/codec/well-formed.js', tests: codecs }, [
    [
      'half a surrogate pair reaches nobody',
      'return mayHoldHalves ? repair(value) : value;',
      'return value;',
    ],
  ]),
  ...grouped({ section: 'Brokers', file: 'broker/guard/guarded-broker.js', tests: ['broker/guard/'] }, [
    ['a call to a broker has a deadline', 'this.#deadline.begin(onLate);', ';'],
    ['what comes too late is closed', '(source) => source.close());', '() => {});'],
    ['an answer is checked', 'if (isAnswer(answer))', 'if (true)'],
    ['an item is checked', 'if (feed.isItem(item))', 'if (true)'],
    ['a fault is counted', 'onFault(what);', ';'],
    [
      'after a fault nothing more is delivered',
      "this.#options.onFault('item');\n                    source.close();\n                    lose('unavailable');",
      "this.#options.onFault('item');",
    ],
  ]),

  ...grouped({ section: 'Authentication', file: desk, tests: ['server/'] }, [
    ['nobody is let in as nobody', 'if (identity === undefined || identity === null) {', 'if (false) {'],
    ['an identity is checked', 'checkIdentity(identity);', ';'],
    ['who has expired is not let in', 'expiresInMs !== undefined && expiresInMs <= 0', 'false'],
    [
      'a check that throws lets nobody in',
      'catch (error) {\n            fail(error);',
      'catch (error) {\n            settle(guest);',
    ],
    [
      'a check that rejects lets nobody in',
      'answer.then(settle, fail)',
      'answer.then(settle, () => settle(guest))',
    ],
    [
      'what a check threw is not told to the client',
      "done({ type: 'rejected', closeCode: SessionCloseCode.InternalError, reason: 'internal error' });\n        };",
      "done({ type: 'rejected', closeCode: SessionCloseCode.InternalError, reason: String(error) });\n        };",
    ],
    ['who is refused is counted', 'this.#options.onAnswer(false);', ';'],
    [
      'the identity of a connection stays with its subject',
      'visitor.opening !== undefined || visitor.identity?.subject === identity.subject',
      'true',
    ],
  ]),
  ...grouped({ section: 'Authentication', file: 'server/auth/identity.js', tests: ['server/'] }, [
    ['a subject holds no slash', "if (subject.includes('/'))", 'if (false)'],
    ['a subject has a longest length', ' || subject.length > maxSubjectLength', ''],
    ['a subject is not empty', ' || subject.length === 0', ''],
    ['an end is a time', 'expiresAt !== undefined && !Number.isFinite(expiresAt)', 'false'],
  ]),
  ...grouped(
    { section: 'Authentication', file: 'server/auth/authentication-request.js', tests: ['server/auth/'] },
    [
      [
        'cookies count only for pages that may connect',
        'origin !== undefined && origins.allows(request)',
        'true',
      ],
      [
        'without a page there are no cookies',
        'origin !== undefined && origins.allows(request)',
        'origins.allows(request)',
      ],
      [
        'a token of the address is not read unless that is asked for',
        'tokenFrom.query === undefined ? undefined : (query.get(tokenFrom.query) ?? undefined)',
        "(query.get(tokenFrom.query ?? 'token') ?? undefined)",
      ],
      [
        'a token of a cookie is not read unless that is asked for',
        'tokenFrom.cookie === undefined ? undefined : cookies.get(tokenFrom.cookie)',
        "cookies.get(tokenFrom.cookie ?? 'token')",
      ],
      ['what is no base64 is no credential', 'return isWhole && isUtf8(bytes) ?', 'return isUtf8(bytes) ?'],
      ['what is no UTF-8 is no credential', ' && isUtf8(bytes)', ''],
      ['a renewal has nothing of the request that opened', 'headers: noHeaders,', ''],
    ],
  ),
  ...grouped({ section: 'Authentication', file: machine, tests: machines }, [
    [
      'who is rejected is closed',
      "if (answer.type === 'rejected') {\n            this.close(",
      'if (false) {\n            this.close(',
    ],
    [
      'a credential that runs out ends the connection',
      'else if (now >= this.#authExpiresAt) {',
      'else if (false) {',
    ],
    ['a connection does not change its subject', 'if (answer.subject !== this.subject) {', 'if (false) {'],
    [
      'a renewal that is rejected renews nothing',
      "return reply({ err: errorBody('unauthenticated', answer.reason) });",
      ';',
    ],
    [
      'with a new credential everything is authorised again',
      'reply({ ok: this.#timeLeft });\n            this.authorizeAgain();',
      'reply({ ok: this.#timeLeft });',
    ],
    [
      'a check that throws lets nobody in',
      "this.#hub.report(error);\n            done({ type: 'rejected'",
      "this.#hub.report(error);\n            void ({ type: 'rejected'",
    ],
  ]),
  ...grouped({ section: 'Authentication', file: jwt, tests: ['server/auth/jwt'] }, [
    ['keys and places of keys that a token brings are refused', 'refuseForeignKeys(token);', ';'],
    ['jku is refused', "'jku', ", ''],
    ['jwk is refused', "'jwk', ", ''],
    ['x5u is refused', "'x5u', ", ''],
    ['x5c is refused', "'x5c', ", ''],
    ['crit is refused', ", 'crit']", ']'],
    ['the issuer is checked', 'issuer: [options.issuer].flat(),', ''],
    ['the audience is checked', 'audience: [options.audience].flat(),', ''],
    ['the algorithm is one of those asked for', 'algorithms: [...algorithms],', ''],
    ['a token has an end', "requiredClaims: ['exp'],", ''],
    ['a token names its subject', "if (typeof identity.subject === 'string')", 'if (true)'],
    [
      'a token that has expired lets nobody in',
      'return { ...identify(error.payload), expiresAt: 0 };',
      'return identify(error.payload);',
    ],
    ['without a token nobody is let in', 'return guests ? guest : undefined;', 'return guest;'],
    ['a key that cannot be had lets nobody in, and is reported', 'keySetErrors.has(error.code)', 'false'],
    ['a secret has 32 bytes at least', 'if (bytes.length < minSecretBytes) {', 'if (false) {'],
    [
      'a secret verifies only what secrets sign',
      "checkAlgorithms(options.algorithms, ['HS256'])",
      "['HS256', 'HS384', 'HS512', ...publicAlgorithms]",
    ],
    [
      'a public key verifies only what private keys sign',
      'if (!possible.includes(algorithm)) {',
      'if (false) {',
    ],
    ['a key is pinned to its algorithm', "if (typeof key.alg !== 'string')", 'if (false)'],
    ['keys are public ones', "if (key.kty === 'oct' || 'd' in key) {", 'if (false) {'],
    [
      'keys are fetched by https',
      "url?.protocol === 'https:' || (isLocal && url.protocol === 'http:')",
      'url !== undefined',
    ],
    [
      'an issuer and an audience are needed',
      'options[name] === undefined || options[name].length === 0',
      'false',
    ],
  ]),
  ...grouped({ section: 'Authentication', file: 'server/auth/sparing-fetch.js', tests: ['server/auth/'] }, [
    [
      'a place of keys that failed is not asked again at once',
      'if (this.#now() - this.#failedAt < this.#cooldownMs) {',
      'if (false) {',
    ],
    ['a set of keys has a longest length', 'if (length > maxKeySetBytes)', 'if (false)'],
    ['an answer other than 200 is no set of keys', 'if (response.status !== 200)', 'if (false)'],
    ['the wait is not long', 'Math.min(cooldownMs, longestCooldownMs)', 'cooldownMs'],
  ]),

  ...grouped({ section: 'Authorisation', file: context, tests: machines }, [
    [
      'who subscribes is asked about',
      "this.#authorize({ verb: 'subscribe', channel }, done);",
      "done({ type: 'allowed', policy: {} });",
    ],
    [
      'who publishes is asked about',
      "this.#authorize({ verb: 'publish',",
      "this.#authorize({ verb: 'subscribe',",
    ],
    ['who reads history is asked about', "{ verb: 'history', channel }", "{ verb: 'subscribe', channel }"],
    ['who enters is asked about', "if (what === 'enter')", 'if (false)'],
    ['who watches is asked about', "{ verb: 'presence', channel }", "{ verb: 'subscribe', channel }"],
    [
      'identity comes from the server',
      'subject: this.subject, identity: this.identity, ...question',
      '...question',
    ],
    [
      'a check that throws permits nothing',
      "answerOnce({ type: 'refused', error: errorBody('internal', 'the check failed') });",
      ';',
    ],
    ['an answer counts once', 'if (isAnswered)\n                return;', ';'],
  ]),
  ...grouped({ section: 'Authorisation', file: subscriptions, tests: machines }, [
    ['a subscription that is refused is none', "if (answer.type === 'refused') {", 'if (false) {'],
    [
      'a resume is authorised as a new subscription is',
      'else\n                this.subscribe(asked, settle);',
      "else\n                this.resumed ? settle({ error: {} }) : this.#open(asked, {}, { answer: { policy: { class: 'log' } }, done: settle });",
    ],
    [
      'what is not allowed any more ends',
      "answer.type === 'allowed' || !this.isCurrent(channel, entry)",
      'true',
    ],
    [
      'an answer to what was replaced counts no more',
      'if (!this.isCurrent(ch, entry))\n                return;',
      ';',
    ],
  ]),
  ...grouped({ section: 'Authorisation', file: 'session/machine/publish-lanes.js', tests: machines }, [
    [
      'a publication that is refused is not published',
      "if (answer.type === 'refused')\n            return host.reply(packet.id, { err: answer.error });",
      ';',
    ],
    [
      'the publisher is whom the server knows',
      "...(subject !== '' && { publisher: subject }),",
      '...(packet.by !== undefined && { publisher: packet.by }),',
    ],
  ]),
  ...grouped({ section: 'Authorisation', file: 'session/machine/call-desk.js', tests: machines }, [
    [
      'history that is refused is not read',
      "if (answer.type === 'refused')\n                return reply({ err: answer.error });",
      ';',
    ],
    [
      'history shows what a subscription shows',
      'isVisible === undefined ? fitting : fitting.filter(isVisible)',
      'fitting',
    ],
  ]),
  ...grouped({ section: 'Authorisation', file: 'session/machine/presence-desk.js', tests: machines }, [
    [
      'presence that is refused is not entered, nor watched',
      "if (answer.type === 'refused')\n                reply({ err: answer.error });\n            else if",
      'if',
    ],
    [
      'watching that is not allowed any more ends',
      "ask(channel, { do: 'watch' }, (error) => {",
      'void ((error) => {',
    ],
    [
      'presence that is not allowed any more ends',
      "ask(channel, { do: 'enter', d: entered.data }, () => {",
      'void (() => {',
    ],
  ]),
  ...grouped({ section: 'Authorisation', file: 'session/machine/hub.js', tests: machines }, [
    [
      'when a subject may do less, its live connections are asked about again',
      'connection.authorizeAgain();',
      ';',
    ],
  ]),
  ...grouped(
    {
      section: 'Authorisation',
      file: gate,
      tests: ['server/auth/contract-gate', 'server/realtime-server', 'server/calls/'],
    },
    [
      [
        'a channel that no contract describes is refused',
        "return done(refused(errorBody('unknown_channel', 'no contract describes this channel')));",
        "return done({ type: 'allowed', policy: {} });",
      ],
      [
        'the rules of the contract hold',
        'if (!this.#permits(() => contract.permits(request.verb, asker(identity), parameters))) {',
        'if (false) {',
      ],
      ['the rules of a call hold', 'if (!this.#permits(() => call.permits(asker(identity))))', 'if (false)'],
      [
        'a rule that throws permits nothing',
        'this.#options.report(error);\n            return false;',
        'this.#options.report(error);\n            return true;',
      ],
      [
        'a payload is checked',
        'const validation = contract.validatePayload(data);\n            if (validation.type',
        'const validation = contract.validatePayload(data);\n            if (false && validation.type',
      ],
      [
        'what one tells of oneself is checked',
        'const validation = contract.validatePresence(data);\n            if (validation.type',
        'const validation = contract.validatePresence(data);\n            if (false && validation.type',
      ],
      [
        'the input of a call is checked',
        "if (validation.type === 'invalid') {\n            return done",
        'if (false) {\n            return done',
      ],
      [
        'a key is that of its payload',
        'key !== undefined && stateKey !== undefined && key !== stateKey',
        'false',
      ],
      [
        'a payload that is too deep is refused',
        "return errorBody('bad_request', problem);",
        'return undefined;',
      ],
      [
        'presence of a channel that has none is refused',
        'if (contract.presence === undefined) {',
        'if (false) {',
      ],
      [
        'only true is a yes',
        'answer === true ? undefined : forbidden.error',
        'answer ? undefined : forbidden.error',
      ],
      [
        'a check that throws permits nothing',
        'catch (error) {\n            return fail(error);',
        'catch (error) {\n            return done(undefined);',
      ],
      [
        'a check that rejects permits nothing',
        'Promise.resolve(answer).then(settle, fail)',
        'Promise.resolve(answer).then(settle, () => done(undefined))',
      ],
    ],
  ),
  ...grouped({ section: 'Authorisation', file: 'server/calls/call-router.js', tests: ['server/'] }, [
    [
      'a call that is refused is not made',
      "if (answer.type === 'refused')\n                return running.fail(answer.error);",
      ';',
    ],
    [
      'what a call threw is not told to the client',
      "errorBody('internal', 'the call failed')",
      "errorBody('internal', String(error))",
    ],
    ['an answer fits its contract', "if (validation.type === 'valid') {", 'if (true) {'],
    [
      'a handler that every object has is none',
      'Object.hasOwn(handlers, name) ? handlers[name] : undefined',
      'handlers[name]',
    ],
  ]),

  ...grouped({ section: 'Sessions', file: registry, tests: ['session/', 'server/realtime-server'] }, [
    ['a session is continued by its subject alone', 'claimed.subject === subject && ', ''],
    ['a session is continued with its secret alone', ' && isSameSecret(claimed.tok, claim.tok)', ''],
    [
      'all of a secret is compared',
      'difference |= a.charCodeAt(index % (a.length || 1)) ^ b.charCodeAt(index);',
      'difference |= index > 4 ? 0 : a.charCodeAt(index % (a.length || 1)) ^ b.charCodeAt(index);',
    ],
    ['a secret of another length is another', 'let difference = a.length ^ b.length;', 'let difference = 0;'],
    ['a secret is spent when it is used', 'this.end(claimed.sid);', ';'],
    ['of two who claim a session, one goes on', 'this.#options.defer(onFenced);', ';'],
    [
      'a continued session has a new secret',
      'tok: this.#options.randomToken(),',
      'tok: claimed?.tok ?? this.#options.randomToken(),',
    ],
    [
      'sessions that were left have a largest number',
      'if (this.#released.size <= (this.#options.maxReleased ?? 100_000))',
      'if (true)',
    ],
    ['sessions that are forgotten are counted', 'this.#options.onForgotten?.();', ';'],
    ['a session that was left has an end', 'this.#deadlines.pass(this.#options.now());', ';'],
  ]),
  ...grouped({ section: 'Sessions', file: machine, tests: machines }, [
    [
      'a connection that is fenced is closed',
      "onFenced: () => this.close(SessionCloseCode.Fenced, 'continued by another connection'),",
      'onFenced: () => {},',
    ],
    ['who says goodbye leaves no session', "if (sid !== undefined && how === 'bye')", 'if (false)'],
  ]),
  ...grouped(
    {
      section: 'Sessions',
      file: 'server/realtime-server.js',
      tests: ['server/realtime-server', 'server/auth/contract-gate'],
    },
    [
      [
        'secrets come from a cryptographic source',
        "randomToken: () => randomBytes(18).toString('base64url'),",
        'randomToken: () => String(clock.now()),',
      ],
      ['what is revoked is not continued', 'this.#hub.sessions.end(sid);', ';'],
      [
        'what is revoked is closed',
        "this.#door.close(selects(whom), SessionCloseCode.Forbidden, 'revoked')",
        '0',
      ],
    ],
  ),

  ...grouped({ section: 'Kept', file: 'broker/memory/stored-bytes.js', tests: keepers }, [
    [
      'what all channels keep has a largest size',
      'if (this.#total + bytes <= this.#max)\n            return true;',
      'return true;',
    ],
    [
      'what would never fit takes nothing away',
      'if (this.#total - holder.bytes + bytes <= this.#max) {',
      'if (true) {',
    ],
    [
      'what is kept no more is counted no more',
      'this.#total += bytes - (this.#held.get(holder) ?? 0);',
      'this.#total += bytes;',
    ],
  ]),
  ...grouped({ section: 'Kept', file: 'broker/memory/memory-presence.js', tests: keepers }, [
    ['members have a largest number', 'if (this.#memberCount < maxMembers)', 'if (true)'],
    ['a member that is gone leaves its place', 'this.#memberCount--;', ';'],
  ]),
  ...grouped({ section: 'Kept', file: 'server/hub/broker-source.js', tests: keepers }, [
    ['a full broker is no broker in doubt', "done(isFull(error) ? 'full' : 'failed')", "done('failed')"],
  ]),
  ...grouped({ section: 'Kept', file: 'server/limits.js', tests: limitTests }, [
    ['queues of a part fit into those of all', 'queueBytes > maxTotalQueuedBytes', 'false'],
    ['a budget has room for a packet', 'if (value < bytes) {', 'if (false) {'],
    ['a name that is not known is refused', 'if (!limitNames.has(name))', 'if (false)'],
  ]),
  ...grouped({ section: 'Kept', file: 'session/limits.js', tests: limitTests }, [
    ['a part is no more than its whole', 'if (limits[part] <= limits[whole])', 'if (true)'],
    ['clients can say hello', 'if (limits[name] >= least)', 'if (true)'],
  ]),
];
