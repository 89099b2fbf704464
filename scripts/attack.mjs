// Attacks our own server, or another one, on this machine: node scripts/attack.mjs --help
await import('../dist/test/attack/main.js');
