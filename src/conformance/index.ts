// The door of the conformance floor: tests any WebSocket endpoint against RFC 6455, 7692 and 8441.

export { type CaseLabel, listCases, type Selection } from './case-selection.ts';
export { type DrivenConstructor, type DriveOptions, type DriveReport, driveClient } from './client-driver.ts';
export { formatHtml } from './report/html-report.ts';
export { readRun } from './report/read-run.ts';
export { formatSummary } from './report/summary-table.ts';
export { type CaseResult, type Counts, countVerdicts, type RunResult } from './result.ts';
export { ClientTest, type ClientTestOptions } from './run-client-test.ts';
export { type ServerTestOptions, testServer } from './run-server-test.ts';
