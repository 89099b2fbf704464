// A worker for the tests of the pool: says that it listens, and does not end when it is told to.

process.on('message', () => {});
process.send?.({ type: 'listening', url: 'ws://127.0.0.1:1/' });
