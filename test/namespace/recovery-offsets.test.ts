import { expect, it } from 'vitest';
import { encodeOffset } from '../../src/backplane/backplane.js';
import { build, now, socket, stateOf } from './recovery-stage.js';

it('gives all that a session missed to a client that still names an offset of another log, however far this one has come', () => {
  const { recovery, append, missed } = build({ bytes: 100_000 });
  const foreign = encodeOffset(5);
  append('before it came');
  const pid = recovery.begin(socket('a'), undefined, foreign);
  recovery.keep(pid, new Set(['a']), undefined);
  const events = Array.from({ length: 9 }, (_, n) => `event ${n}`);
  for (const event of events) append(event);
  const state = stateOf(recovery.restore(pid, foreign));
  expect(missed(state)).toEqual(events);
  // When the connection breaks again it may have had the event of that offset, or none.
  recovery.begin(socket('a'), state);
  recovery.keep(pid, new Set(['a']), undefined);
  expect(now(recovery.restore(pid, foreign))).toEqual({ gap: { after: encodeOffset(1), before: undefined } });
  recovery.close();
});

it('tells a client whose offset may be of this log or of another that something is missing', () => {
  const { recovery, append } = build({ bytes: 100_000 });
  const start = append('before it came');
  const pid = recovery.begin(socket('a'), undefined, encodeOffset(3));
  append('one');
  append('two');
  recovery.keep(pid, new Set(['a']), undefined);
  expect(now(recovery.restore(pid, encodeOffset(3)))).toEqual({ gap: { after: start, before: undefined } });
  expect(stateOf(recovery.restore(pid, encodeOffset(2)))).toMatchObject({
    after: encodeOffset(2),
    foreign: undefined,
  });
  recovery.close();
});

it('tells a client that has more than this log ever had, or than its session can have had', () => {
  const { recovery, append } = build({ bytes: 100_000 });
  const pid = recovery.begin(socket('a'));
  const seen = append('one');
  const ahead = encodeOffset(4);
  expect(now(recovery.restore(pid, ahead))).toEqual({ gap: { after: ahead, before: undefined } });
  recovery.keep(pid, new Set(['a']), undefined);
  for (let n = 2; n < 9; n += 1) append(`event ${n}`);
  expect(now(recovery.restore(pid, ahead))).toEqual({ gap: { after: ahead, before: undefined } });
  expect(stateOf(recovery.restore(pid, seen))?.after).toBe(seen);
  recovery.close();
});
