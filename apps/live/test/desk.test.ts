import { beforeEach, expect, it } from 'vitest';
import { closingText } from '../page/connection/airing.js';
import { Desk } from '../page/connection/desk.js';
import { en } from '../page/words/en.js';
import { ko } from '../page/words/ko.js';
import type { OnAir } from '../shared/protocol.js';
import { fakeSession } from './fake-session.js';

let page: ReturnType<typeof fakeSession>;

beforeEach(async () => {
  page = fakeSession({ type: 'program' }, async () => ({ ok: true, id: 'one', onAir: true }));
  page.store.set({ onAir: [{ id: 'one', isLost: false } as OnAir] });
  new Desk(page.session, 'key');
  await Promise.resolve();
  await new Promise((done) => setTimeout(done));
});

it('says why a program was taken off air, until it is back', async () => {
  page.listeners.get('off')?.('another', 'time');
  expect(page.store.state.program?.status).toBe('on');
  page.listeners.get('off')?.('one', 'time');
  page.store.set({ onAir: [] });
  await new Promise((done) => setTimeout(done));
  expect(page.store.state.program).toMatchObject({ status: 'refused', why: 'time' });
  page.listeners.get('desk')?.('one', { viewers: 0 });
  expect(page.store.state.program).toMatchObject({ status: 'on', why: undefined });
});

it.each([en, ko])('has words for every end, and the remedy for a program', (words) => {
  for (const why of ['bytes', 'size', 'codec', 'key', 'time', 'rate', 'stalled', 'muted', 'stopped', 'full'] as const)
    expect(closingText(words, why).length).toBeGreaterThan(5);
  expect(closingText(words, 'time')).toContain('-re');
});
