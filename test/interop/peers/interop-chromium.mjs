// Chromium as a client that sends a plan of messages to an echo server: interop-chromium.mjs PATH URL.
// Prints a line of JSON for each thing it checked.
import { chromium } from 'playwright-core';
import { runPlan } from './plan-whatwg.mjs';

const [executablePath, url] = process.argv.slice(2);
const args = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];
const browser = await chromium.launch({ executablePath, args });
const page = await browser.newPage();
await page.exposeFunction('report', (label, compressed, ok) =>
  console.log(JSON.stringify({ label, compressed, ok })),
);
await page.evaluate(
  `(${runPlan})(${JSON.stringify(url)}, { open: (address) => new WebSocket(address), report: window.report })`,
);
await browser.close();
