import { describe, expect, it } from 'vitest';
import { type RecoverableSocket, RecoveryLog, type RecoverySettings } from '../../src/namespace/recovery.js';
import { EVERYBODY } from '../../src/namespace/rooms.js';
import { FakeClock, SeededRandom } from '../../src/testing/index.js';
import { EncodedPacket } from '../../src/transport/encoded-packet.js';

/** What each event counts besides its packets. */
const EVENT_COST = 300;
const SETTINGS: RecoverySettings = {
  maxDisconnectionDuration: 1_000,
  skipMiddlewares: true,
  bytesMax: 1_600,
  keptSessionsMax: 10,
};

function build(settings: Partial<RecoverySettings> = {}): { log: RecoveryLog; clock: FakeClock } {
  const clock = new FakeClock();
  return { clock, log: new RecoveryLog(clock, new SeededRandom(1), { ...SETTINGS, ...settings }) };
}

function append(log: RecoveryLog, text: string, rooms: string[] = [], except: string[] = []): string {
  const offset = log.nextOffset;
  log.append([new EncodedPacket(text)], { ...EVERYBODY, rooms: new Set(rooms), except: new Set(except) });
  return offset;
}

function socket(id: string, rooms: string[] = []): RecoverableSocket & { superseded: number } {
  return {
    id,
    rooms: new Set([id, ...rooms]),
    data: { name: id },
    superseded: 0,
    supersede() {
      this.superseded += 1;
    },
  };
}

const textsOf = (missed: readonly (readonly EncodedPacket[])[]): unknown[] =>
  missed.flat().map((packet) => packet.unit);

describe('RecoveryLog', () => {
  it('gives a session exactly what it missed, in order', () => {
    const { log } = build();
    const pid = log.begin(socket('a'));
    const seen = append(log, 'one');
    append(log, 'two', ['r']);
    append(log, 'three', ['a', 'x']);
    append(log, 'four', ['x']);
    append(log, 'five', [], ['a']);
    append(log, 'six', ['r'], ['b']);
    log.keep(pid, new Set(['a', 'r']), { n: 1 });
    const state = log.restore(pid, seen);
    expect(textsOf(state?.missed ?? [])).toEqual(['two', 'three', 'six']);
    expect(state).toMatchObject({ id: 'a', pid, data: { n: 1 }, rooms: new Set(['a', 'r']) });
  });

  it('begins at the start of the session for a client that never saw an offset', () => {
    const { log } = build();
    append(log, 'before');
    const pid = log.begin(socket('a'));
    append(log, 'after');
    log.keep(pid, new Set(['a']), undefined);
    expect(textsOf(log.restore(pid, undefined)?.missed ?? [])).toEqual(['after']);
  });

  it('holds on to the events alone: to no frame that was made of them, and to no memory around their bytes', () => {
    const { log } = build();
    const pid = log.begin(socket('a'));
    const pool = Buffer.alloc(1_000, 7);
    const sent = [new EncodedPacket('text', false), new EncodedPacket(pool.subarray(10, 13))];
    log.append(sent, EVERYBODY);
    pool.fill(0);
    log.keep(pid, new Set(['a']), undefined);
    const kept = log.restore(pid, undefined)?.missed.flat() ?? [];
    expect(kept.map(({ unit, compress }) => [unit, compress])).toEqual([
      ['text', false],
      [Uint8Array.of(7, 7, 7), true],
    ]);
    expect(kept.filter((packet) => sent.includes(packet))).toEqual([]);
    expect(kept.map(({ unit }) => typeof unit === 'string' || unit.buffer.byteLength)).toEqual([true, 3]);
  });

  it('recovers a session again and again', () => {
    const { log } = build();
    let pid = log.begin(socket('a'));
    let offset = log.offset;
    for (const text of ['one', 'two', 'three']) {
      log.keep(pid, new Set(['a']), undefined);
      append(log, text);
      const state = log.restore(pid, offset);
      expect(textsOf(state?.missed ?? [])).toEqual([text]);
      pid = log.begin(socket('a'), state?.pid);
      offset = log.offset;
    }
  });

  it('takes a session over from a connection that is not known to be dead', () => {
    const { log } = build();
    const live = socket('a', ['r']);
    const pid = log.begin(live);
    append(log, 'one', ['r']);
    const state = log.restore(pid, undefined);
    expect(live.superseded).toBe(1);
    expect(state?.rooms).toEqual(new Set(['a', 'r']));
    expect(textsOf(state?.missed ?? [])).toEqual(['one']);
  });

  it.each([
    ['a session that is not known', 'nobody', undefined],
    ['an offset of the future', undefined, '0000000zzzz'],
    ['an offset that is none', undefined, 'x'],
    ['an offset of another type', undefined, { toString: 1 }],
  ])('refuses %s', (_name, pid, offset) => {
    const { log } = build();
    const known = log.begin(socket('a'));
    log.keep(known, new Set(['a']), undefined);
    expect(log.restore(pid ?? known, offset)).toBeUndefined();
  });

  it('forgets sessions and events that are too old', async () => {
    const { log, clock } = build();
    const pid = log.begin(socket('a'));
    const offset = append(log, 'old');
    await clock.advance(600);
    append(log, 'new');
    log.keep(pid, new Set(['a']), undefined);
    await clock.advance(999);
    expect(log.sessionCount).toBe(1);
    await clock.advance(1);
    expect(log.sessionCount).toBe(0);
    expect(log.restore(pid, offset)).toBeUndefined();
    expect(clock.timerCount).toBe(0);
  });

  it('tells when the log no longer reaches back, instead of leaving something out', () => {
    const { log } = build({ bytesMax: 2 * EVENT_COST + 20 });
    const [pid, late] = [log.begin(socket('a')), log.begin(socket('b'))];
    const first = append(log, '0123456789');
    const second = append(log, '0123456789');
    append(log, 'x');
    log.keep(pid, new Set(['a']), undefined);
    log.keep(late, new Set(['b']), undefined);
    expect(log.restore(pid, undefined)).toBeUndefined();
    expect(textsOf(log.restore(late, second)?.missed ?? [])).toEqual(['x']);
    expect(first < second).toBe(true);
  });

  it('keeps so many sessions, and lets those go that went first', async () => {
    const { log, clock } = build({ keptSessionsMax: 2 });
    const pids = ['a', 'b', 'c'].map((id) => log.begin(socket(id)));
    for (const pid of pids) {
      log.keep(pid, new Set(['room']), undefined);
      await clock.advance(1);
    }
    expect(log.sessionCount).toBe(2);
    expect(pids.map((pid) => log.restore(pid, undefined)?.id)).toEqual([undefined, 'b', 'c']);
    expect(clock.timerCount).toBe(0);
  });

  it('adds what came while middleware ran, or says that it cannot', () => {
    const { log } = build({ bytesMax: 2 * EVENT_COST + 20 });
    const pid = log.begin(socket('a', ['room']));
    append(log, 'early', ['room']);
    log.keep(pid, new Set(['a', 'room']), undefined);
    const state = log.restore(pid, undefined);
    if (!state) throw new TypeError('nothing was restored');
    append(log, 'late', ['room']);
    append(log, 'not for a', ['b']);
    expect(textsOf(log.complete(state)?.missed ?? [])).toEqual(['early', 'late']);
    append(log, 'x');
    append(log, 'y');
    expect(log.complete(state)).toBeUndefined();
  });

  it('reaches back to the very event before the oldest that is kept', () => {
    const { log } = build({ bytesMax: 2 * EVENT_COST + 20 });
    const pid = log.begin(socket('a'));
    const first = append(log, '0123456789');
    append(log, '0123456789');
    append(log, '012345678');
    log.keep(pid, new Set(['a']), undefined);
    expect(textsOf(log.restore(pid, first)?.missed ?? [])).toEqual(['0123456789', '012345678']);
  });

  it('does not bring back a session that ended for good', () => {
    const { log } = build();
    const pid = log.begin(socket('a'));
    log.forget(pid);
    log.keep(pid, new Set(['a']), undefined);
    expect(log.restore(pid, undefined)).toBeUndefined();
    expect(log.sessionCount).toBe(0);
  });
});
