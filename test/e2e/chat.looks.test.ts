// How the chat looks: it fits every screen, and each test says where its screenshot is.

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { describe, it } from 'node:test';
import type { BrowserContextOptions } from 'playwright-core';
import { allSent, ChatRig, composer, people, say, seen } from './chat-rig.ts';

describe('the look of the chat', () => {
  const rig = ChatRig.ofEachTest();

  const screens: [string, BrowserContextOptions][] = [
    ['phone', { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, hasTouch: true }],
    ['small-phone-dark', { viewport: { width: 320, height: 568 }, colorScheme: 'dark' }],
    ['desktop', { viewport: { width: 1280, height: 800 } }],
    ['desktop-dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
  ];
  for (const [screen, options] of screens) {
    it(`the page fits a ${screen}`, async (test) => {
      const ada = await rig.join('Ada', options);
      const grace = await rig.join('Grace');
      await say(grace, `Good morning! A long word must not burst the page: ${'tide'.repeat(60)}`);
      await say(ada, 'Good morning, Grace.');
      await seen(ada, 'Good morning, Grace.');
      await allSent(ada);
      await people(grace).getByText('Ada').waitFor();
      await composer(grace).pressSequentially('And');
      await ada.page.getByText('Grace is typing', { exact: true }).waitFor();
      const path = joinPath(mkdtempSync(joinPath(tmpdir(), 'tidewire-chat-')), `${screen}.png`);
      await ada.page.screenshot({ path, animations: 'disabled' });
      test.diagnostic(`screenshot: ${path}`);
      const { width, height } = options.viewport!;
      const size = await ada.page.evaluate(
        '({ width: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight })',
      );
      assert.deepEqual(size, { width, height });
      const box = await composer(ada).boundingBox();
      assert.ok(box !== null && box.y + box.height <= height && box.x + box.width <= width);
      rig.assertHealthy();
    });
  }
});
