import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { local } from '../../../../local/src/local-backplane.js';
import { FakeClock } from '../../../../testing/src/index.js';
import { encodeOffset, ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { build, now, socket, stateOf } from './built-recovery.js';

it('gives everything missed to a client that still sends an offset of another log, however long this one is', () => {
  const { recovery, append, missed } = build({ bytes: 100_000 });
  const foreign = encodeOffset(5);
  append('before it came');
  const pid = recovery.begin(socket('a'), undefined, foreign);
  recovery.keep(pid, { rooms: new Set(['a']) });
  const events = Array.from({ length: 9 }, (_, n) => `event ${n}`);
  for (const event of events) append(event);
  const state = stateOf(recovery.search.restore(pid, foreign));
  expect(missed(state)).toEqual(events);
  // When the connection breaks again, the client may or may not have the event of that offset.
  recovery.begin(socket('a'), state);
  recovery.keep(pid, { rooms: new Set(['a']) });
  expect(now(recovery.search.restore(pid, foreign))).toEqual({ gap: { after: encodeOffset(1), before: undefined } });
  recovery.close();
});

it('reports a gap to a client whose offset may belong to this log or to another', () => {
  const { recovery, append } = build({ bytes: 100_000 });
  const start = append('before it came');
  const pid = recovery.begin(socket('a'), undefined, encodeOffset(3));
  append('one');
  append('two');
  recovery.keep(pid, { rooms: new Set(['a']) });
  expect(now(recovery.search.restore(pid, encodeOffset(3)))).toEqual({ gap: { after: start, before: undefined } });
  expect(stateOf(recovery.search.restore(pid, encodeOffset(2)))).toMatchObject({
    after: encodeOffset(2),
    foreign: undefined,
  });
  recovery.close();
});

it('reports a gap to a client that has more than this log or its session ever had', () => {
  const { recovery, append } = build({ bytes: 100_000 });
  const pid = recovery.begin(socket('a'));
  const seen = append('one');
  const ahead = encodeOffset(4);
  expect(now(recovery.search.restore(pid, ahead))).toEqual({ gap: { after: ahead, before: undefined } });
  recovery.keep(pid, { rooms: new Set(['a']) });
  for (let n = 2; n < 9; n += 1) append(`event ${n}`);
  expect(now(recovery.search.restore(pid, ahead))).toEqual({ gap: { after: ahead, before: undefined } });
  expect(stateOf(recovery.search.restore(pid, seen))?.after).toBe(seen);
  recovery.close();
});

it('reports a gap to a client whose offset the log has never given out, also if the records around it are held', () => {
  const clock = new FakeClock();
  const home = memoryBackplane(clock, { ageMs: 1_000, bytes: 100_000 });
  const { recovery, append, log } = build({}, home, clock);
  const pid = recovery.begin(socket('a'));
  const [first, skipped] = [append('one'), append('two')];
  const third = append('three');
  const asked: unknown[] = [];
  home.log.knows = (_, offset) => asked.push(offset) > 0 && offset !== skipped;
  expect(now(log.pages.read(ZERO_OFFSET, 10, log.offset)).records.length).toBe(3);
  recovery.keep(pid, { rooms: new Set(['a']) });
  expect(now(recovery.search.restore(pid, skipped))).toEqual({ gap: { after: skipped, before: third } });
  expect(stateOf(recovery.search.restore(pid, first))?.after).toBe(first);
  const count = asked.length;
  expect(stateOf(recovery.search.restore(pid, first))?.after).toBe(first);
  // The log need not say again that it has given out a place.
  expect(asked.length).toBe(count);
  recovery.close();
});

it('reports a gap to a client that is ahead of a restored folder, also after others have passed that place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'naru-put-back-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [path, copy] = [join(folder, 'log'), join(folder, 'copy')];
  const clock = new FakeClock();
  const settings = { maxDisconnectionDuration: 1e9 };
  const open = (seed: number) => build(settings, local(path, { clock }), clock, seed);
  const first = open(1);
  const pid = first.recovery.begin(socket('a'));
  const kept = first.append('kept');
  first.recovery.close();
  await first.backplane.close();
  cpSync(path, copy, { recursive: true });
  const lost = open(2);
  const ahead = [lost.append('lost'), lost.append('lost too')];
  lost.recovery.close();
  await lost.backplane.close();
  await clock.advance(1_000_000);
  rmSync(path, { recursive: true });
  cpSync(copy, path, { recursive: true });

  const { recovery, append, missed, backplane } = open(3);
  const gapOf = async (after: string) => (await recovery.search.restore(pid, after))?.gap;
  for (const after of ahead) expect(await gapOf(after)).toEqual({ after, before: undefined });
  // This client returns before anything is appended, and has received nothing since.
  const other = recovery.begin(socket('b'), undefined, ahead[1]);
  const events = Array.from({ length: 200 }, (_, n) => `event ${n}`);
  const [next] = events.map((event) => append(event));
  for (let again = 0; again < 2; again += 1) {
    for (const after of ahead) expect(await gapOf(after)).toEqual({ after, before: next });
    const restored = recovery.search.restore(pid, kept);
    await clock.settle();
    expect(missed((await restored)?.state)).toEqual(events);
    expect(missed(stateOf(recovery.search.restore(other, ahead[1])))).toEqual(events);
  }
  // This client returns later, with its earlier offset.
  const late = recovery.begin(socket('c'), undefined, ahead[0]);
  append('last');
  expect(missed(stateOf(recovery.search.restore(late, ahead[0])))).toEqual(['last']);
  recovery.close();
  await backplane.close();
});

it('tells a client again of the gap before its session, also if it had more than it named then', () => {
  const { recovery, append } = build({ bytes: 100_000 });
  const [one, two] = [append('one'), append('two')];
  append('three');
  const gap = { after: one, before: undefined };
  const pid = recovery.begin(socket('a'), undefined, one, gap);
  recovery.keep(pid, { rooms: new Set(['a']) });
  expect(now(recovery.search.restore(pid, one))).toMatchObject({ state: { pid }, gap });
  expect(now(recovery.search.restore(pid, two))).toMatchObject({ state: { pid }, gap });
  recovery.close();
});

it('does not tell a client again of a gap that it has heard of, although it names an older event than it has read', () => {
  const { recovery, append } = build({ bytes: 100_000 });
  const one = append('one');
  const answers: (() => void)[] = [];
  const member = { ...socket('a'), client: { conn: { probe: (onRead: () => void) => answers.push(onRead) > 0 } } };
  const pid = recovery.begin(member, undefined, one, { after: one, before: undefined });
  const first = append('for the client');
  for (let n = 0; n < 20; n += 1) {
    append('for others');
    recovery.move({ ...member, pid }, `r${n}`, true);
  }
  // The client has read everything before the last changes, so it has heard of the gap.
  answers[0]?.();
  recovery.keep(pid, { rooms: new Set(['a']) });
  expect(now(recovery.search.restore(pid, first))).toMatchObject({ state: { pid }, gap: undefined });
  recovery.close();
});
