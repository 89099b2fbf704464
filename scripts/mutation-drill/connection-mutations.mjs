// Mutations of what defends an open connection, and all connections of a server together.

import { grouped } from './grouped.mjs';

const framed = 'websocket/connection/framed-stream.js';
const sender = 'websocket/connection/message-sender.js';
const connection = 'websocket/server/server-connection.js';
const budget = 'websocket/connection/shared-budget.js';
const framedTests = [
  'websocket/connection/framed-stream',
  'websocket/connection/message-sender',
  'websocket/server/server-limits',
  'websocket/server/server-connection',
];

export const connectionMutations = [
  ...grouped(
    {
      section: 'All servers of a process',
      file: 'websocket/connection/process-total.js',
      tests: ['websocket/connection/', 'websocket/server/admission', 'websocket/server/server-limits'],
    },
    [
      ['what one server holds has a limit', 'if (this.amount + more > this.limit)', 'if (false)'],
      ['what all hold together has a limit', 'return this.#amount + more > highest;', 'return false;'],
      ['a server that holds nothing is not asked to give way', 'this.#holders.delete(share);', ';'],
    ],
  ),
  ...grouped({ section: 'Lengths', file: 'protocol/limits.js', tests: ['protocol/limits'] }, [
    ['a frame longer than a message is no limit', 'if (maxFrameBytes > maxMessageBytes) {', 'if (false) {'],
    [
      'a message of one frame costs no more than it may',
      'if (maxMessageCostBytes < maxMessageBytes + FRAME_COST_BYTES) {',
      'if (false) {',
    ],
    ['there is no value for "unlimited"', 'value < 1 || value > largest', 'value < 1'],
    ['there is no limit of nothing', 'value < 1 || value > largest', 'value > largest'],
  ]),
  ...grouped(
    {
      section: 'Limits',
      file: 'websocket/connection/connection-limits.js',
      tests: [
        'websocket/server/server-limits',
        'websocket/server/server-options',
        'websocket/client/client-options',
      ],
    },
    [
      ['a limit that is mistyped is refused', 'if (!names.has(name))', 'if (false)'],
      ['a limit that stands beside the limits is refused', 'if (names.has(name))', 'if (false)'],
    ],
  ),
  ...grouped(
    {
      section: 'Limits',
      file: 'websocket/connection/check-whole.js',
      tests: [
        'websocket/server/server-limits',
        'websocket/server/server-options',
        'websocket/client/client-options',
      ],
    },
    [
      ['there is no value for "unlimited"', ' || value > most', ''],
      ['there is no limit of nothing', ' || value < least', ''],
      ['a limit is a number', '!Number.isInteger(value) || ', ''],
    ],
  ),
  ...grouped(
    {
      section: 'Limits',
      file: 'websocket/server/server-limits.js',
      tests: ['websocket/server/server-limits'],
    },
    [
      [
        'the connections of an address are no more than all',
        "checkOrder(resolved, 'maxConnectionsPerAddress', 'maxConnections', limits);",
        ';',
      ],
      [
        'handshakes are no more than connections',
        "checkOrder(resolved, 'maxHandshakes', 'maxConnections', limits);",
        ';',
      ],
      [
        'the handshakes of an address are no more than all',
        "checkOrder(resolved, 'maxHandshakesPerAddress', 'maxHandshakes', limits);",
        ';',
      ],
      [
        'one queue is no longer than all',
        "checkOrder(resolved, 'maxQueuedBytes', 'maxTotalQueuedBytes', limits);",
        ';',
      ],
      [
        'one longest message fits into the budget',
        'if (maxUnfinishedBytes < 2 * connection.maxMessageBytes) {',
        'if (false) {',
      ],
      [
        'a cap of descriptors is below that of the process',
        "'maxDescriptors', maxDescriptors, 1, openFileLimit()",
        "'maxDescriptors', maxDescriptors, 1, 2 ** 40",
      ],
    ],
  ),

  ...grouped(
    { section: 'Fragments', file: 'protocol/message/fragment-buffer.js', tests: ['protocol/message/'] },
    [
      [
        'a small piece does not pin the chunk that it came in',
        'fillsMemory(length, bytes.buffer.byteLength) &&',
        '',
      ],
      [
        'memory is counted, not payload',
        'this.heldBytes += bytes.buffer.byteLength;',
        'this.heldBytes += length;',
      ],
      [
        'a block grows with what has come',
        'allocate(Math.max(share, left))',
        'allocate(Math.max(LARGEST_BLOCK_BYTES, left))',
      ],
      [
        'room is made only when half of it has come',
        'if (follow > 0 && held <= 2 * (byteLength + left)) {',
        'if (follow > 0) {',
      ],
    ],
  ),

  ...grouped(
    { section: 'Budgets', file: budget, tests: ['websocket/connection/shared-budget', 'websocket/server/'] },
    [
      [
        'unfinished messages of all have a budget',
        "this.#relieve('maxUnfinishedBytes', this.#unfinished);",
        ';',
      ],
      ['queues of all have a budget', "this.#relieve('maxTotalQueuedBytes', this.#queued);", ';'],
      [
        'long messages are inflated a few at a time',
        'return this.#inflating.exceeds(1) === undefined;',
        'return true;',
      ],
      ['one that waits is counted', "this.#owner.count('maxInflating');", ';'],
      ['one that is done leaves its place to the next', 'message.receiveTurn();', ';'],
      [
        'one that waits has its turn only when its own server has a place',
        'if (!budget.canInflate)',
        'if (false)',
      ],
      ['one that is done leaves its place', 'this.#inflating.change(-1);', ';'],
      [
        'one that is gone does not take a place',
        'forgetInflating(message) {\n        this.#process.waiting.delete(message);',
        'forgetInflating(message) {',
      ],
      ['the one who holds most gives way', 'if (weight <= most)', 'if (weight > most && most > 0)'],
      ['it is counted', 'heaviest?.owner.count(limit);', ';'],
      ['where all servers together hold too much, it may be one of another', "tooMuch === 'server'", 'true'],
    ],
  ),
  ...grouped(
    {
      section: 'Budgets',
      file: 'websocket/server/server-core.js',
      tests: ['websocket/server/server-limits', 'websocket/server/opening-handshake'],
    },
    [
      [
        'a connection that is gone counts no more',
        'this.gate.admission.leave(connection.remoteAddress);',
        ';',
      ],
    ],
  ),
  ...grouped({ section: 'Budgets', file: framed, tests: framedTests }, [
    ['an unfinished message is charged', 'let held = this.endpoint.unfinishedBytes;', 'let held = 0;'],
    ['what is not read yet is charged', 'held += this.unread.length;', ';'],
    ['what waits to be inflated is charged', 'held += this.inflation.waitingBytes;', ';'],
    ['the queue of one that is gone is given back', 'this.budget?.changeQueued(-this.queuedBytes);', ';'],
    [
      'the one that holds most is closed',
      "this.endpoint.fail(new ProtocolError('BUDGET_EXCEEDED',",
      "void (new ProtocolError('BUDGET_EXCEEDED',",
    ],
    [
      'the one with the longest queue is cut',
      "most waits for this one'));\n            this.terminate();",
      "most waits for this one'));",
    ],
  ]),

  ...grouped({ section: 'Inflating', file: framed, tests: framedTests }, [
    [
      'a message that is long waits for its turn',
      'compressed.length > SHORT_COMPRESSED_BYTES && this.budget?.canInflate === false',
      'false',
    ],
    ['what is handed on stays as it is', 'isTransient ? Buffer.from(inflated) : inflated', 'inflated'],
    ['one that is gone is not inflated any more', 'this.inflation?.abandon();', ';'],
    ['the contexts of one that is gone are given back', 'this.deflate?.close();', ';'],
  ]),
  ...grouped(
    { section: 'Inflating', file: 'websocket/deflate/message-inflater.js', tests: ['websocket/deflate/'] },
    [
      ['others have their turn after 1 MiB', 'steps < STEPS_AT_ONCE', 'true'],
      [
        'a decompressor without a window is given back after each message',
        'if (!this.keepsWindow)\n                    this.release();',
        ';',
      ],
    ],
  ),
  ...grouped(
    { section: 'Inflating', file: 'websocket/deflate/spare-inflates.js', tests: ['websocket/deflate/'] },
    [
      ['spare decompressors have a largest number', 'if (this.#spare.length >= MAX_SPARE) {', 'if (false) {'],
      ['a decompressor knows nothing of whom it served', 'context.reset();', ';'],
    ],
  ),
  ...grouped(
    { section: 'Inflating', file: 'websocket/deflate/direct-zlib.js', tests: ['websocket/deflate/'] },
    [['a window knows nothing of whom it served', 'this.#window.clear();', ';']],
  ),
  ...grouped(
    { section: 'Inflating', file: 'websocket/deflate/deflate-pool.js', tests: ['websocket/deflate/'] },
    [
      [
        'compressors that are lent have a largest number',
        ' || this.#borrowers.size >= MAX_LENT_COMPRESSORS',
        '',
      ],
      ['a compressor that is not used is taken back', 'if (now - usedAt < IDLE_MS)', 'if (true)'],
      ['a compressor begins each message that stands alone anew', 'context.reset();', ';'],
    ],
  ),

  ...grouped({ section: 'Peers that do not read', file: sender, tests: framedTests }, [
    ['what waits has a largest length', 'if (!this.isReleasing && !this.hasRoomFor(bytes))', 'if (false)'],
    [
      'Pings wait no longer than messages',
      'if (this.bufferedAmount > 0 && !this.hasRoomFor(payload.length))',
      'if (false)',
    ],
    [
      'what is deferred has a largest length',
      'if (!this.hasRoomFor(bytes))\n            return this.refuse();\n        this.deferred',
      'this.deferred',
    ],
    [
      'what is made ready has a largest length',
      'if (!this.isReleasing && this.bufferedAmount > 0 && !this.hasRoomFor(byteLength)) {',
      'if (false) {',
    ],
    ['above the cap the connection is closed', "if (whenQueueFull === 'close') {", 'if (false) {'],
    ['a message that is refused is counted', 'this.owner.receiveRefused();', ';'],
    [
      'one Pong waits at most',
      'if (opcode === Opcode.Pong && this.stream.bufferedAmount > 0) {',
      'if (false) {',
    ],
    [
      'the Pong that waits is the newest',
      'this.waitingPong = Buffer.from(payload);',
      'this.waitingPong ??= Buffer.from(payload);',
    ],
    [
      'the Pong that waits keeps its bytes',
      'this.waitingPong = Buffer.from(payload);',
      'this.waitingPong = payload;',
    ],
    ['a large message is charged to the budget', 'this.owner.receiveQueued(bytes);\n            }', '}'],
    [
      'a queued message is charged to the budget',
      "this.owner.receiveQueued(bytes);\n        return 'queued';",
      "return 'queued';",
    ],
    ['a caller may use its bytes again', 'const kept = new Uint8Array(payload);', 'const kept = payload;'],
    [
      'a caller may use its bytes again while they are compressed',
      'opcode === Opcode.Binary ? new Uint8Array(payload) : payload',
      'payload',
    ],
    [
      'what waits behind a long Blob is sent',
      'deferred.unblock(act);',
      '{ act(); deferred.unblock(() => {}); }',
    ],
  ]),
  ...grouped(
    {
      section: 'Memory on the wire',
      file: 'websocket/connection/frame-writer.js',
      tests: ['websocket/server/server-connection'],
    },
    [
      [
        'a payload that is shorter than its header says is not sent',
        'if (byteLength(parts) !== total) {',
        'if (false) {',
      ],
    ],
  ),
  ...grouped(
    {
      section: 'Compression',
      file: 'websocket/deflate/direct-zlib.js',
      tests: ['websocket/deflate/'],
    },
    [
      ['a message ends its stream a few times', 'if (this.#endsLeft === 0)', 'if (false)'],
      [
        'blocks that say nothing are inflated in turns',
        'Math.min(this.#inputEnd - this.#at, STEP_INPUT_BYTES)',
        'this.#inputEnd - this.#at',
      ],
    ],
  ),
  ...grouped(
    {
      section: 'Compression',
      file: 'websocket/deflate/public-zlib.js',
      tests: ['websocket/deflate/'],
    },
    [['a message ends its stream a few times', 'if (rest.length > 0 && endsLeft === 0)', 'if (false)']],
  ),

  ...grouped({ section: 'Floods', file: framed, tests: framedTests }, [
    ['messages have a rate', 'if (this.messagesLeft < 0)', 'if (false)'],
    ['bytes have a rate', 'if (this.bytesLeft < 0)', 'if (false)'],
    ['one that floods lets others have their turn', 'isAll || !loopTurn.isLong(now)', 'true'],
    ['a connection that is ahead is counted', 'this.budget?.count(exceeded);', ';'],
    ['a connection that is ahead is not read', 'this.pause(PauseReason.Rate);', ';'],
    ['the timer of a connection that is gone is stopped', 'this.rate?.close();', ';'],
  ]),
  ...grouped({ section: 'Floods', file: connection, tests: framedTests }, [
    [
      'handlers in flight have a largest number',
      'this.handlersInFlight >= limits.maxHandlersInFlight ||',
      '',
    ],
    [
      'what they were given has a longest length',
      '||\n            this.lengthInFlight >= limits.maxMessageBytes)',
      ')',
    ],
    ['a connection whose handlers are slow is not read', 'this.framed.pause(PauseReason.Handlers);', ';'],
    [
      'a connection whose handlers are slow is counted',
      "this.owner.budget.count('maxHandlersInFlight');",
      ';',
    ],
    ['a handler that settled makes room', 'this.handlersInFlight -= 1;', ';'],
  ]),

  ...grouped({ section: 'Peers that vanish', file: framed, tests: framedTests }, [
    ['a silent peer is sent a Ping', 'this.sender.sendControl(Opcode.Ping, NOTHING);', ';'],
    ['a peer that answers no Ping is cut', 'else if (this.misses === maxMisses) {', 'else if (false) {'],
    ['a peer that answers no Ping is counted', "this.budget?.count('keepalive');", ';'],
    ['a peer that was heard of has missed nothing', 'this.misses = 0;\n        }', '}'],
    [
      'a closing handshake that we began has a deadline',
      'timerWheel.schedule(this, this.settings.closeTimeoutMs);\n            this.handler.receiveClosing();',
      'this.handler.receiveClosing();',
    ],
    [
      'a connection that is ended has a deadline',
      'if (!this.endpoint.isCloseSent)\n            timerWheel.schedule(this, this.settings.closeTimeoutMs);',
      ';',
    ],
    [
      'a peer that never answers a Close is cut',
      "this.budget?.count('closeTimeoutMs');\n            this.stream.destroy();",
      "this.budget?.count('closeTimeoutMs');",
    ],
    ['a peer that never answers a Close is counted', "this.budget?.count('closeTimeoutMs');", ';'],
    [
      'what a peer sends after its end is forgotten',
      'if (this.isEnding)\n            return;\n        this.bytesLeft',
      'this.bytesLeft',
    ],
    [
      'what a peer sends after its end does not stop its own',
      'this.stream.end();\n        this.stream.resume();',
      'this.stream.end();',
    ],
  ]),

  ...grouped(
    {
      section: 'Memory',
      file: 'websocket/connection/message-data.js',
      tests: [
        'websocket/connection/',
        'websocket/server/server-connection',
        'websocket/whatwg/websocket',
        'websocket/client/',
      ],
    },
    [
      [
        'a number is never taken for a length',
        'throw new UsageError(`a message must be',
        'return Buffer.allocUnsafe(Number(data));\n    throw new UsageError(`a message must be',
      ],
      [
        'a view is its bytes, not the memory below',
        'new Uint8Array(data.buffer, data.byteOffset, data.byteLength);',
        'new Uint8Array(data.buffer);',
      ],
      [
        'shared memory is copied',
        'if (data instanceof Uint8Array && !isShared(data.buffer))',
        'if (data instanceof Uint8Array)',
      ],
      [
        'shared memory below another view is copied',
        'isShared(data.buffer) ? new Uint8Array(view) : view',
        'view',
      ],
    ],
  ),
  ...grouped({ section: 'Memory', file: framed, tests: framedTests }, [
    [
      'memory that is read into again is not handed on',
      'bytes === this.lentChunk ? Buffer.from(view) : view',
      'view',
    ],
    [
      'what is not read yet is not in memory that is read into again',
      'this.unread = isLent ? Buffer.from(chunk) : chunk;',
      'this.unread = chunk;',
    ],
  ]),
  ...grouped(
    {
      section: 'Memory',
      file: 'websocket/connection/frame-writer.js',
      tests: ['websocket/connection/frame-writer', 'websocket/connection/framed-stream'],
    },
    [
      [
        'a slow reader does not pin the memory that all share',
        'stream.write(copy, this.wantsWritten);',
        'stream.write(viewOf(block.bytes, start, end), this.wantsWritten);',
      ],
      [
        'the bytes of the caller are not masked',
        'memory.set(payload, start);\n        applyMaskingKey(memory, start, end, key);',
        'applyMaskingKey(payload, 0, payload.length, key);\n        memory.set(payload, start);',
      ],
    ],
  ),

  ...grouped({ section: 'Handlers', file: connection, tests: ['websocket/server/server-connection'] }, [
    [
      'a message handler that throws ends its connection alone',
      'this.follow(result, data.length);\n        }\n        catch (error) {\n            this.containError(error);',
      'this.follow(result, data.length);\n        }\n        catch (error) {\n            throw error;',
    ],
    [
      'a message handler that rejects ends its connection alone',
      'settle();\n            this.containError(error);',
      'settle();\n            throw error;',
    ],
    [
      'another handler that throws ends its connection alone',
      'result.then(undefined, (error) => this.containError(error));\n        }\n        catch (error) {\n            this.containError(error);',
      'result.then(undefined, (error) => this.containError(error));\n        }\n        catch (error) {\n            throw error;',
    ],
    [
      'another handler that rejects ends its connection alone',
      'result.then(undefined, (error) => this.containError(error));',
      ';',
    ],
    ['the connection is closed with 1011', 'this.framed.close(CloseCode.InternalError);', ';'],
    ['the application is told', "reportTo(this.owner.handlers, errorOf(thrown, 'a handler'), this);", ';'],
  ]),
  ...grouped(
    {
      section: 'Handlers',
      file: 'websocket/server/report-error.js',
      tests: ['websocket/server/server-connection', 'websocket/server/opening-handshake'],
    },
    [
      [
        'an error handler that throws ends nothing',
        'catch (second) {\n        warn(second);',
        'catch (second) {\n        throw second;',
      ],
      ['an error handler that rejects ends nothing', 'result.then(undefined, warn);', ';'],
      ['without an error handler there is a warning', 'process.emitWarning(error);', ';'],
    ],
  ),
  ...grouped(
    {
      section: 'Handlers',
      file: 'websocket/streams/duplex-stream.js',
      tests: ['websocket/streams/', 'websocket/server/server-connection'],
    },
    [
      ['an error of a socket ends its connection alone', "duplex.on('error', onError);", ';'],
      [
        'a socket that was gone before is told',
        'if (duplex.destroyed)\n            queueMicrotask',
        'if (false)\n            queueMicrotask',
      ],
      ['the end of a socket that nobody heard is told', 'else if (duplex.readableEnded)', 'else if (false)'],
    ],
  ),
  ...grouped(
    {
      section: 'Handlers',
      file: 'websocket/streams/http2-stream.js',
      tests: ['websocket/streams/', 'websocket/server/http2'],
    },
    [
      [
        'an error of a stream ends its connection alone',
        "stream.on('error', (error) => {",
        "stream.on('an error', (error) => {",
      ],
      [
        'a stream that was gone before is told',
        'if (stream.destroyed)\n            queueMicrotask',
        'if (false)\n            queueMicrotask',
      ],
      ['the end of a stream that nobody heard is told', 'else if (stream.readableEnded)', 'else if (false)'],
    ],
  ),
];
