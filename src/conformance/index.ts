// The door of the conformance floor: tests any WebSocket endpoint against RFC 6455, 7692 and 8441.

export { type DrivenConstructor, type DriveOptions, type DriveReport, driveClient } from './client-driver.ts';
export { type CaseResult, type Counts, countVerdicts, type RunResult } from './result.ts';
export { ClientTest, type ClientTestOptions } from './run-client-test.ts';
export { type ServerTestOptions, testServer } from './run-server-test.ts';
