import { expect, it } from 'vitest';
import { OpenAppends } from '../src/open-appends.js';

it('resolves when the appends that were open have settled, however they end', async () => {
  const appends = new OpenAppends();
  expect(appends.settled()).toBeUndefined();
  const ends: ((isKept: boolean) => void)[] = [];
  const append = () =>
    appends.note(
      new Promise((resolve, reject) => void ends.push((isKept) => (isKept ? resolve('kept') : reject('refused')))),
    );
  const answers = [append(), append()];
  let isOver = false;
  const settled = appends.settled()?.then(() => {
    isOver = true;
  });
  const later = append();
  ends[0]?.(false);
  await expect(answers[0]).rejects.toBe('refused');
  expect(isOver).toBe(false);
  ends[1]?.(true);
  await settled;
  expect(isOver).toBe(true);
  ends[2]?.(true);
  expect([await answers[1], await later, appends.settled()]).toEqual(['kept', 'kept', undefined]);
});
