// Writes the document and the page from the stored results.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documentPath, resultsDirectory } from '../paths.ts';
import { documentOf } from './document.ts';
import { pageOf } from './page.ts';
import { storedResults } from './results-store.ts';

export function writeReports(): void {
  const results = storedResults();
  writeFileSync(documentPath, documentOf(results));
  writeFileSync(join(resultsDirectory, 'index.html'), pageOf(results));
}
