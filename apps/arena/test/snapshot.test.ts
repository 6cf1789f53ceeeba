import { describe, expect, it } from 'vitest';
import { type Dice, fuzz } from '../../../test/fuzz/websocket-random.js';
import { fuzzTimeoutMs } from '../../../test/kit/fuzz-time.js';
import { LIMITS } from '../shared/limits.js';
import { type Beam, decodeSnapshot, type Own, type Snapshot, STATES, statusOf } from '../shared/wire/snapshot.js';
import { Frame, SnapshotWriter, type View } from '../shared/wire/snapshot-writer.js';
import { HALL } from '../shared/world/fields/hall.js';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const own: Own = { x: 100.0625, y: 16, lights: 2, state: 'fresh', cooldown: 3, ticksLeft: 60, points: 258, streak: 5 };
const HEAD = '01 00000009 01 0641 0100 5a 03 3c 0102';
const field = HALL;
const none = () => undefined;

function viewOf(
  tick: number,
  ...players: readonly (readonly [slot: number, x: number, y: number, aim: number])[]
): View {
  const frame = new Frame();
  frame.tick = tick;
  const seen = new Uint8Array(LIMITS.players);
  for (const [slot, x, y, aim] of players) {
    frame.set(slot, x, y, aim, statusOf(3, 'in'));
    seen[slot] = 1;
  }
  return { frame, seen };
}

const whole = bytes(`00000100 00 ${HEAD} 02  c2 0d 0190 0191 40 03  f1 0d 2580 0000 00 03  00`);
const first = viewOf(256, [2, 100, 100.25, 0x4000], [49, 2_400, 0, 0]);

describe('a snapshot', () => {
  it('is written whole and read back', () => {
    expect(new SnapshotWriter().write({ field, seq: 9, waiting: 1, own }, first, undefined, [])).toEqual(whole);
    const read = decodeSnapshot(whole, none);
    expect(read).toMatchObject({ tick: 256, field, seq: 9, waiting: 1, own, beams: [] });
    expect([...(read?.others.values() ?? [])]).toEqual([
      { slot: 2, x: 100, y: 100.25, aim: 0x4000, lights: 3, state: 'in', streak: 0 },
      { slot: 49, x: 2_400, y: 0, aim: 0, lights: 3, state: 'in', streak: 0 },
    ]);
  });

  it('is written as differences from a base', () => {
    const base = decodeSnapshot(whole, none);
    const now = viewOf(258, [2, 99, 101.25, 0x4000], [7, 1, 1, 0]);
    const written = new SnapshotWriter().write({ field, seq: 9, waiting: 1, own }, now, first, []);
    expect(written).toEqual(bytes(`00000102 02 ${HEAD} 03  42 fc 04  c7 0d 0004 0004 00 03  31  00`));
    const read = decodeSnapshot(written, (tick) => (tick === 256 ? base : undefined));
    expect([...(read?.others.keys() ?? [])].sort()).toEqual([2, 7]);
    expect(read?.others.get(2)).toMatchObject({ x: 99, y: 101.25 });
    expect(decodeSnapshot(written, none)).toBeUndefined();
    // The base is not changed, because another snapshot may have the same.
    expect(base?.others.get(2)).toMatchObject({ x: 100 });
  });

  it.each([
    ['a turn alone', [2, 100, 100.25, 0x8000], '01  c2 04 80'],
    ['a walk and a turn', [2, 101, 100.25, 0x8000], '01  82 04 00 80'],
    ['a long way', [2, 900, 100.25, 0x4000], '01  c2 01 0e10 0191'],
    ['a long way and a turn', [2, 900, 100.25, 0], '01  c2 05 0e10 0191 00'],
    ['nothing', [2, 100, 100.25, 0x4000], '00'],
  ] as const)('has %s', (_claim, player, hex) => {
    const [before, now] = [viewOf(256, [2, 100, 100.25, 0x4000]), viewOf(257, player)];
    const written = new SnapshotWriter().write({ field, seq: 9, waiting: 1, own }, now, before, []);
    expect(written).toEqual(bytes(`00000101 01 ${HEAD} ${hex} 00`));
  });

  it('has beams', () => {
    const beam: Beam = { id: 513, tick: 254, by: 2, x: 100, y: 50.5, aim: 3, length: 720, hit: 49, isOut: true };
    const hidden: Beam = { ...beam, id: 514, by: undefined, hit: undefined, isOut: false };
    const written = new SnapshotWriter().write({ field, seq: 9, waiting: 1, own }, viewOf(256), undefined, [
      beam,
      hidden,
    ]);
    const tail = '00 02  0201 02 02 0190 00ca 0003 0b40 71  0202 02 ff 0190 00ca 0003 0b40 ff';
    expect(written).toEqual(bytes(`00000100 00 ${HEAD} ${tail}`));
    expect(decodeSnapshot(written, none)?.beams).toEqual([beam, hidden]);
  });

  it('is refused when it is cut at any position, or longer', () => {
    for (let size = 0; size < whole.length; size++) {
      expect(decodeSnapshot(whole.subarray(0, size), none)).toBeUndefined();
    }
    expect(decodeSnapshot(bytes(`${Buffer.from(whole).toString('hex')}00`), none)).toBeUndefined();
  });

  it.each([
    ['a field that is not on the map', '00', HEAD.replace('01', '03')],
    ['slots that fall', '02  c7 0d 0004 0004 00 03  c2 0d 0190 0191 40 03'],
    ['somebody gone who was not there', '01  02'],
    ['somebody new without a place', '01  42 01 01'],
    ['a slot that no room has', '01  f2 0d 0190 0191 40 03'],
    ['a place twice', '01  c2 0f 0190 0191 40 03'],
    ['unknown flags', '01  c2 1d 0190 0191 40 03'],
  ])('is refused with %s', (_claim, hex, head = HEAD) => {
    expect(decodeSnapshot(bytes(`00000100 00 ${head} ${hex} 00`), none)).toBeUndefined();
  });

  it('fits into a datagram with everybody in sight and many shots', () => {
    const players = Array.from({ length: LIMITS.players - 1 }, (_, slot) => [slot, slot, slot, 0] as const);
    const beam: Beam = { id: 1, tick: 256, by: 1, x: 1, y: 1, aim: 0, length: 1, isOut: false };
    const beams = Array.from({ length: 200 }, () => beam);
    const written = new SnapshotWriter().write(
      { field, seq: 1, waiting: 0, own },
      viewOf(256, ...players),
      undefined,
      beams,
    );
    expect(written.length).toBeLessThanOrEqual(LIMITS.snapshotBytesMax);
    expect(decodeSnapshot(written, none)?.beams).toHaveLength(LIMITS.beamsPerSnapshot);
  });
});

function randomView(dice: Dice, tick: number, before?: View): View {
  const view = viewOf(tick);
  for (let slot = 0; slot < LIMITS.players; slot++) {
    const stays = before?.seen[slot] === 1 && !dice.oneIn(8);
    if (!stays && !dice.oneIn(3)) continue;
    const status = statusOf(dice.below(4), dice.pick(STATES), dice.below(9));
    view.frame.set(slot, dice.below(9_600) / 4, dice.below(6_400) / 4, dice.below(65_536), status);
    view.seen[slot] = 1;
    if (!stays || !before) continue;
    const [x, y] = [before.frame.x[slot] ?? 0, before.frame.y[slot] ?? 0];
    view.frame.x[slot] = dice.oneIn(4) ? x : Math.max(0, x + dice.below(300) - 150);
    view.frame.y[slot] = dice.oneIn(4) ? y : Math.max(0, y + dice.below(300) - 150);
    if (dice.oneIn(2)) view.frame.aim[slot] = before.frame.aim[slot] ?? 0;
    if (!dice.oneIn(5)) view.frame.status[slot] = before.frame.status[slot] ?? 0;
  }
  return view;
}

describe('snapshots', () => {
  it('say the same as differences and as a whole', { timeout: fuzzTimeoutMs() }, async () => {
    const writer = new SnapshotWriter();
    const runs = await fuzz((dice) => {
      const before = randomView(dice, 1_000);
      const now = randomView(dice, 1_001 + dice.below(30), before);
      const head = { field, seq: dice.below(2 ** 32), waiting: dice.below(9), own };
      const base = decodeSnapshot(writer.write(head, before, undefined, []), none);
      const short = writer.write(head, now, before, []);
      const long = writer.write(head, now, undefined, []);
      const read = decodeSnapshot(short, (tick) => (tick === 1_000 ? base : undefined));
      const sorted = (snapshot: Snapshot | undefined) =>
        snapshot && [...snapshot.others.values()].sort((a, b) => a.slot - b.slot);
      expect(sorted(read)).toEqual(sorted(decodeSnapshot(long, none)));
      expect(read).toBeDefined();
    });
    expect(runs).toBeGreaterThan(0);
  });

  it('are read or refused, whatever they are', { timeout: fuzzTimeoutMs() }, async () => {
    const runs = await fuzz((dice) => {
      const random = dice.oneIn(2) ? dice.bytes(dice.below(200)) : Buffer.from(whole);
      for (let faults = dice.below(4); faults > 0 && random.length > 0; faults--) {
        random[dice.below(random.length)] = dice.below(256);
      }
      const read = decodeSnapshot(random, () => decodeSnapshot(whole, none));
      if (!read) return;
      expect(read.others.size).toBeLessThanOrEqual(LIMITS.players);
      for (const [slot, other] of read.others) expect(other.slot).toBe(slot);
    });
    expect(runs).toBeGreaterThan(0);
  });
});
