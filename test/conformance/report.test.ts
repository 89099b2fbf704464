import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { formatHtml, formatSummary, type RunResult, readRun } from '../../src/conformance/index.ts';

const run: RunResult = {
  format: 'tidewire-conform/1',
  name: '<echo> & co',
  role: 'server',
  transport: 'http/1.1',
  startedAt: '2026-01-02T03:04:05.000Z',
  milliseconds: 1234,
  results: [
    {
      id: 'ping.answered.empty',
      section: 'RFC 6455, 5.5.3',
      title: 'answers a Ping',
      verdict: 'strict',
      detail: '',
      milliseconds: 1,
      transcript: [],
    },
    {
      id: 'framing.opcode.3-empty',
      section: 'RFC 6455, 5.2',
      title: 'fails on a reserved opcode',
      verdict: 'failed',
      detail: 'the endpoint carries on: text "<script>"',
      milliseconds: 1,
      transcript: ['→ opcode 3', '← text "</pre><script>"'],
    },
  ],
};

describe('summary table', () => {
  it('counts by section, lists failures, and has no colours unless asked', () => {
    const text = formatSummary(run);
    assert.match(text, /Framing +· +· +· +1 +·/);
    assert.match(text, /Ping and Pong +1 +· +· +· +·/);
    assert.match(text, /All +1 +· +· +1 +·/);
    assert.match(text, /failed {2}framing\.opcode\.3-empty\n +the endpoint carries on/);
    assert.doesNotMatch(text, /Closing/);
    assert.ok(!text.includes('\x1b'));
    assert.ok(formatSummary(run, { colour: true }).includes('\x1b[31m'));
  });
});

describe('memory in the summary', () => {
  it('names the cases in which it grew most, where it was measured', () => {
    const [first, second] = run.results;
    const measured = { ...run, results: [{ ...first!, memoryBytes: 1024 * 1024 }, second!] };
    assert.match(
      formatSummary(measured),
      /memory of the server grew most in\n +1\.0 MiB {2}ping\.answered\.empty\n/,
    );
    assert.doesNotMatch(formatSummary(run), /memory/);
  });
});

describe('HTML report', () => {
  it('escapes whatever an endpoint sent', () => {
    const html = formatHtml([run]);
    assert.equal(html.split('<script>').length - 1, 1);
    assert.match(html, /&lt;echo&gt; &amp; co/);
    assert.match(html, /text &quot;&lt;\/pre&gt;&lt;script&gt;&quot;/);
  });

  it('needs no other file', () => {
    assert.doesNotMatch(formatHtml([run]), /(src|href)="(?!#)|https?:\/\/|@import|url\(/);
  });

  it('sets several runs side by side, with an empty cell where a case does not apply', () => {
    const client: RunResult = { ...run, name: 'client', role: 'client', results: run.results.slice(0, 1) };
    const html = formatHtml([run, client]);
    assert.match(
      html,
      /<code>framing\.opcode\.3-empty<\/code>[\s\S]*?<td><i class="failed"[^>]*><\/i><\/td><td><\/td>/,
    );
  });
});

describe('reading a run back', () => {
  it('gives what was written, and names a file that is something else', (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'tidewire-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'run.json');
    writeFileSync(path, JSON.stringify(run));
    assert.deepEqual(readRun(path), run);
    writeFileSync(path, '[]');
    assert.throws(() => readRun(path), /run\.json is not a result of tidewire conform/);
    writeFileSync(path, '{');
    assert.throws(() => readRun(path), /run\.json cannot be read/);
  });
});
