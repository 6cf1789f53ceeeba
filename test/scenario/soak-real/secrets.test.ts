import { expect, it } from 'vitest';
import { Secrets } from './secrets.mjs';

it('gives the next secrets when all servers have the present ones, and names the places that lack them', () => {
  const secrets = new Secrets(2);
  const old = secrets.startAt(0)?.[0];
  expect(secrets.startAt(0)).toEqual([old]);
  expect([secrets.startAt(1), secrets.behind]).toEqual([[old], 0]);
  const both = secrets.startAt(1);
  expect([both?.length, both?.[0], secrets.behind, secrets.startAt(0)]).toEqual([2, old, 0, both]);
  for (let each = 0; each < 2; each += 1) for (const place of [0, 1]) secrets.startAt(place);
  expect([secrets.startAt(0), secrets.behind, secrets.progress]).toEqual([[both?.[1]], undefined, '3 of 3']);
});
