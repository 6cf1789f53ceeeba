import { expect, it } from 'vitest';
import { KeptSession } from '../../../src/namespace/recovery/kept-session.js';
import { RECOVERED_WAIT_MS, SessionChanges } from '../../../src/namespace/recovery/session-changes.js';
import { Outbox } from '../../../src/session/outbox.js';
import { FakeClock } from '../../../src/testing/fake-clock.js';
import { socket } from './built-recovery.js';

const session = (pid: string): KeptSession => new KeptSession(pid, socket(pid), '', undefined);

function build() {
  const clock = new FakeClock();
  const written: string[] = [];
  const changes: SessionChanges = new SessionChanges({ clock, outbox: new Outbox(clock) }, () => {
    written.push([...changes.take()].map(({ pid }) => pid).join());
  });
  return { clock, changes, written };
}

it('has sessions written once at the end of the turn', async () => {
  const { clock, changes, written } = build();
  const [one, other] = [session('a'), session('b')];
  for (const each of [one, other, one]) {
    changes.add(each);
    changes.writeAtEnd();
  }
  expect(written).toEqual([]);
  await clock.settle();
  expect(written).toEqual(['a,b']);
});

it('has the sessions of many turns written together', async () => {
  const { clock, changes, written } = build();
  for (const pid of ['a', 'b', 'c']) {
    changes.add(session(pid));
    changes.writeSoon();
    await clock.advance(1);
  }
  await clock.advance(RECOVERED_WAIT_MS - 4);
  expect(written).toEqual([]);
  await clock.advance(1);
  expect([written, clock.timerCount]).toEqual([['a,b,c'], 0]);
});

it('has those that may wait written with those that may not', async () => {
  const { clock, changes, written } = build();
  changes.add(session('a'));
  changes.writeSoon();
  changes.add(session('b'));
  changes.writeAtEnd();
  await clock.settle();
  expect(written).toEqual(['a,b']);
});

it('writes nothing that was dropped, and nothing after the end', async () => {
  const { clock, changes, written } = build();
  const gone = session('a');
  changes.add(gone);
  changes.drop(gone);
  expect([...changes.take()]).toEqual([]);
  changes.add(gone);
  changes.writeSoon();
  changes.close();
  await clock.advance(RECOVERED_WAIT_MS);
  expect([written, clock.timerCount, [...changes.take()]]).toEqual([[], 0, []]);
});
