// A worker for the tests of the pool: ends with the status that it is given, after saying that it listens, or before.

const [status, moment] = process.argv.slice(2);
if (moment === 'before') process.exit(Number(status));
process.send?.({ type: 'listening', url: 'ws://127.0.0.1:1/' }, () => process.exit(Number(status)));
