import { expect, it } from 'vitest';
import { encodeOffset } from '../../../src/backplane/backplane.js';
import { KeptSession } from '../../../src/namespace/recovery/kept-session.js';
import { socket } from './built-recovery.js';

it('is written with the state of its member while it is connected, and with its own state after that', () => {
  const session = new KeptSession('pid', socket('a', ['r']), encodeOffset(3), undefined);
  session.rooms = new Set(['other']);
  const connected = session.toWritten('me');
  expect(connected).toMatchObject({ id: 'a', startedAfter: encodeOffset(3), rooms: ['a', 'r'], owner: 'me' });
  expect(connected.leaving).toBeUndefined();
  session.live = undefined;
  const left = { room: 'r', until: undefined };
  session.findOpen = () => ({ leaving: [left] });
  expect(session.toWritten('me')).toMatchObject({ rooms: ['other'], leaving: [left] });
});

it('is written with the changes of its rooms after its beginning', () => {
  const session = new KeptSession('pid', socket('a'), encodeOffset(3), undefined);
  session.move({ after: encodeOffset(3), room: 'first', isIn: true });
  expect(session.toWritten('me').moves).toBeUndefined();
  const move = { after: encodeOffset(4), room: 'r', isIn: true };
  session.move(move);
  expect(session.toWritten('me').moves).toEqual([move]);
  // Its beginning was found out late.
  session.startedAfter = encodeOffset(5);
  expect(session.toWritten('me').moves).toBeUndefined();
});

it('knows the changes that no text in the store has', () => {
  const session = new KeptSession('pid', socket('a'), encodeOffset(3), undefined);
  const unwritten = (): string[][] => [session.unwritten(true), session.unwritten(false)];
  session.note('first', true, false);
  session.sent = 1;
  session.note('second', true, false);
  session.note('third', false, false);
  session.note('placed', true, false);
  session.note('placed', false, true);
  expect(unwritten()).toEqual([['first', 'second'], ['third']]);
  session.onStored(1);
  expect(unwritten()).toEqual([['second'], ['third']]);
  for (let count = 0; count < 256; count += 1) session.note(`room ${count}`, true, false);
  expect([unwritten()[0]?.length, unwritten()[1]]).toEqual([256, []]);
  session.onStored(2);
  expect(unwritten()).toEqual([[], []]);
});
