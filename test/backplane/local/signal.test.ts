import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Signal } from '../../../src/backplane/local/signal.js';

it('is heard by all who listen, in every process, until they end it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'naru-signal-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [one, other] = [new Signal(folder), new Signal(folder)];
  let ended = 0;
  const end = other.listen(() => {
    ended += 1;
  });
  end();
  const heard = new Promise<void>((resolve) => {
    one.listen(resolve);
  });
  other.raise();
  await heard;
  expect(ended).toBe(0);
  one.close();
  other.close();
  // Nothing happens, and nothing is thrown, on what is closed.
  other.raise();
});
