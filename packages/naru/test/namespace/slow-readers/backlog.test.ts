import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../../testing/src/seeded-random.js';
import { noteEvent } from '../../../src/namespace/event/event-notes.js';
import type { Mark } from '../../../src/namespace/event/marks.js';
import { type ActivePolicy, activePolicy } from '../../../src/namespace/slow-policies/policy.js';
import { Backlog, type BacklogReader, CHANGES_MAX } from '../../../src/namespace/slow-readers/backlog.js';
import type { SlowPolicyName } from '../../../src/session/slow-report.js';
import { EncodedPacket } from '../../../src/transport/encoded-packet.js';

const policyOf = (policy: SlowPolicyName, bytesMax: number): ActivePolicy =>
  activePolicy({ policy, bytesMax }, 1, true);

class Reader implements BacklogReader {
  readonly sent: string[] = [];
  readonly gaps: [count: number, offset: string | undefined][] = [];
  readonly gone: string[] = [];
  caughtUp = 0;
  space = 0;
  bufferedBytes = 0;
  now = 0;
  delivered: string | undefined;
  untold = 0;

  get hasSpace(): boolean {
    return this.sent.length < this.space;
  }

  onSettle: () => void = () => undefined;

  settle(): void {
    this.onSettle();
  }

  keep(packets: readonly EncodedPacket[]): readonly EncodedPacket[] {
    return packets;
  }

  take(packets: readonly EncodedPacket[]): void {
    this.sent.push(packets.map(({ unit }) => String(unit).trim()).join('+'));
  }

  onGap(count: number, offset: string | undefined): void {
    this.gaps.push([count, offset]);
    this.sent.push(`(${count})`);
  }

  onGone(size: number, isConflated: boolean): void {
    this.gone.push(`${isConflated ? 'conflated' : 'dropped'} ${size}`);
  }

  onUntold(count: number): void {
    this.untold += count;
  }

  onCaughtUp(): void {
    this.caughtUp += 1;
  }
}

/** An event of `size` bytes that may be dropped, if it has a note. */
function event(name: string, { size = 100, key, offset, attachments = 0, isNoted = true, mark }: EventOptions = {}) {
  const packets = [new EncodedPacket(name.padEnd(size))];
  for (let n = 0; n < attachments; n += 1) packets.push(new EncodedPacket(`bin${n}`.padEnd(size)));
  if (isNoted) noteEvent(packets, key, offset, mark && { mark, stream: 'live' });
  return packets;
}

interface EventOptions {
  size?: number;
  key?: string;
  offset?: string;
  attachments?: number;
  isNoted?: boolean;
  mark?: Mark;
}

function sendAll(backlog: Backlog, reader: Reader): string[] {
  reader.space = Number.POSITIVE_INFINITY;
  backlog.pump();
  return reader.sent;
}

describe('a backlog', () => {
  it('drops the oldest events above its budget, and reports their number before the next', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, undefined);
    const policy = policyOf('drop-oldest', 1_000);
    for (const name of 'abcdef') backlog.add(event(name), policy);
    // Each event is 100 bytes, and 200 for keeping it.
    expect(reader.gone).toEqual(['dropped 100', 'dropped 100', 'dropped 100']);
    expect(backlog.bytes).toBe(900);
    expect(sendAll(backlog, reader)).toEqual(['(3)', 'd', 'e', 'f']);
    expect(reader.caughtUp).toBe(1);
    expect(backlog.bytes).toBe(0);
  });

  it('counts the data that waits after it, but reserves half of the budget for itself', () => {
    const reader = new Reader();
    reader.bufferedBytes = 1_000_000;
    const backlog = new Backlog(reader, undefined);
    const policy = policyOf('drop-oldest', 1_200);
    for (const name of 'abcdef') backlog.add(event(name), policy);
    expect(sendAll(backlog, reader)).toEqual(['(4)', 'e', 'f']);
  });

  it('keeps or drops an event with all of its attachments', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, undefined);
    const policy = policyOf('drop-oldest', 1_200);
    const together = [event('a', { attachments: 2 }), event('b', { attachments: 1 }), event('c', { attachments: 2 })];
    backlog.add(together.flat(), policy);
    backlog.add(event('d', { attachments: 3 }), policy);
    expect(sendAll(backlog, reader)).toEqual(['(2)', 'c+bin0+bin1', 'd+bin0+bin1+bin2']);
  });

  it('never drops packets that must arrive, or the newest event, however large', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, undefined);
    const policy = policyOf('drop-oldest', 500);
    backlog.add(event('question', { isNoted: false }), policy);
    backlog.add(event('a'), policy);
    backlog.add(event('other policy'), policyOf('hold', 1));
    backlog.add(event('b'), policy);
    backlog.add(event('large', { size: 10_000 }), policy);
    expect(sendAll(backlog, reader)).toEqual(['question', '(1)', 'other policy', '(1)', 'large']);
  });

  it('keeps the newest event of each key, after earlier ones', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, undefined);
    const policy = policyOf('newest-per-key', 100_000);
    backlog.add(event('k1', { key: 'k' }), policy);
    backlog.add(event('a'), policy);
    backlog.add(event('m1', { key: 'm' }), policy);
    backlog.add(event('k2', { key: 'k' }), policy);
    backlog.add(event('b'), policy);
    backlog.add(event('k3', { key: 'k' }), policyOf('drop-oldest', 100_000));
    expect(reader.gone).toEqual(['conflated 100']);
    expect(sendAll(backlog, reader)).toEqual(['a', 'm1', 'k2', 'b', 'k3']);
  });

  it('reports, before the next event, what it would have reported before a replaced one', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, undefined);
    const policy = policyOf('newest-per-key', 600);
    backlog.add(event('a', { offset: '1' }), policy);
    backlog.add(event('k1', { key: 'k', offset: '2' }), policy);
    backlog.add(event('b', { offset: '3' }), policy);
    backlog.add(event('k2', { key: 'k', offset: '4' }), policy);
    expect(sendAll(backlog, reader)).toEqual(['(1)', 'b', 'k2']);
    expect(reader.gaps).toEqual([[1, '1']]);
  });

  it('gives the offset after which a notified client continues', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, '0');
    const policy = policyOf('drop-oldest', 900);
    for (const offset of ['1', '2', '3', '4', '5']) backlog.add(event(`e${offset}`, { offset }), policy);
    expect(backlog.offset).toBe('0');
    reader.space = 1;
    backlog.pump();
    expect(reader.sent).toEqual(['(2)', 'e3']);
    expect(reader.gaps).toEqual([[2, '2']]);
    expect(backlog.offset).toBe('3');
  });

  it('drops events that are in the log, and sends the rest with its place', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, '0');
    const policy = policyOf('drop-oldest', 900);
    backlog.add(event('q0', { isNoted: false }), policy);
    for (const offset of ['1', '2', '3']) backlog.add(event(`e${offset}`, { offset }), policy);
    backlog.add(event('q3', { isNoted: false }), policy);
    const left = backlog.dissolve().map(({ after, packets }) => [after, String(packets?.[0]?.unit).trim()]);
    expect(left).toEqual([
      ['0', 'q0'],
      ['3', 'q3'],
    ]);
    expect(backlog.offset).toBe('0');
    expect(sendAll(backlog, reader)).toEqual([]);
    expect(reader.caughtUp).toBe(0);
  });

  it('keeps the changes of rooms since the last event that it sent, within a bound', () => {
    const policy = policyOf('drop-oldest', 9_000);
    const open = () => {
      const reader = new Reader();
      const backlog = new Backlog(reader, '0');
      for (const offset of ['1', '2', '3']) {
        reader.delivered = offset;
        backlog.add(event(`e${offset}`, { offset }), policy);
        backlog.onRoom(`room ${offset}`, true);
      }
      return { reader, backlog };
    };
    const { reader, backlog } = open();
    reader.space = 1;
    backlog.pump();
    expect(backlog.dissolve()).toEqual([
      { after: '2', room: 'room 2', isIn: true },
      { after: '3', room: 'room 3', isIn: true },
    ]);
    const { backlog: full } = open();
    for (let count = 3; count < CHANGES_MAX; count += 1) full.onRoom('other', count % 2 === 1);
    full.onRoom('last', true);
    full.onRoom('room 1', false);
    expect(full.dissolve()).toEqual([{ after: '3', room: 'room 1', isIn: false }]);
    const plain = new Backlog(new Reader(), undefined);
    plain.onRoom('room', true);
    expect(plain.dissolve()).toEqual([]);
  });

  it("has a budget for each policy, so that rooms do not push out each other's events", () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, undefined);
    const [cars, chat] = [policyOf('newest-per-key', 2_000), policyOf('drop-oldest', 600)];
    for (const key of ['k', 'l', 'm']) backlog.add(event(key, { key }), cars);
    for (const name of 'abcd') backlog.add(event(name), chat);
    backlog.add(event('k2', { key: 'k' }), cars);
    expect(sendAll(backlog, reader)).toEqual(['l', 'm', '(2)', 'c', 'd', 'k2']);
  });

  it('loses what may be dropped under a policy with groups at once, and tells what comes after it', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, undefined);
    const [live, chat] = [policyOf('newest-group', 100), policyOf('drop-oldest', 10_000)];
    reader.now = 5;
    backlog.add(event('K1', { mark: 'key' }), live);
    reader.now = 7;
    backlog.add(event('d1', { mark: 'delta' }), live);
    backlog.add(event('a1', { mark: 'always' }), live);
    backlog.add(event('d2', { mark: 'delta' }), live);
    backlog.add(event('plain'), live);
    backlog.add(event('chat'), chat);
    backlog.add(event('d3', { mark: 'delta' }), live);
    expect([reader.gone, backlog.waitingSince]).toEqual([[], 5]);
    backlog.cut(live);
    expect(reader.gone.length).toBe(4);
    expect([reader.untold, backlog.waitingSince]).toEqual([1, 7]);
    expect(sendAll(backlog, reader)).toEqual(['(2)', 'a1', '(1)', 'plain', 'chat']);
    expect(backlog.waitingSince).toBeUndefined();
  });

  it('ends when everything in it was dropped', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, undefined);
    const live = policyOf('newest-group', 100);
    for (const mark of ['key', 'delta'] as const) backlog.add(event('e', { mark }), live);
    backlog.cut(live);
    expect([reader.untold, reader.caughtUp, backlog.bytes]).toEqual([2, 1, 0]);
  });

  it('leaves the count of events that no log has to its owner', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, '0');
    const live = policyOf('newest-group', 100);
    backlog.add(event('K1', { mark: 'key' }), live);
    backlog.add(event('chat', { offset: '1' }), live);
    backlog.cut(live);
    backlog.dissolve();
    expect(reader.untold).toBe(1);
  });

  it('takes in postponed broadcasts before it sends, and sends nothing if that ends it', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, '0');
    backlog.add(event('a', { offset: '1' }), policyOf('drop-oldest', 1_000));
    reader.onSettle = () => backlog.dissolve();
    expect(sendAll(backlog, reader)).toEqual([]);
    expect(backlog.offset).toBe('0');
  });

  it('sends everything before the end, and nothing afterwards', () => {
    const reader = new Reader();
    const backlog = new Backlog(reader, undefined);
    for (const name of 'ab') backlog.add(event(name), policyOf('drop-oldest', 1_000));
    backlog.release();
    expect(reader.sent).toEqual(['a', 'b']);
    expect(reader.caughtUp).toBe(1);
    const other = new Backlog(reader, undefined);
    other.add(event('c'), undefined);
    other.cancel();
    other.release();
    expect(reader.sent).toEqual(['a', 'b']);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('accounts for each event, in any order (seed %d)', (seed) => {
    const random = new SeededRandom(seed);
    const reader = new Reader();
    const backlog = new Backlog(reader, '');
    const policies = [
      policyOf('drop-oldest', 3_000),
      policyOf('newest-per-key', 4_000),
      policyOf('newest-per-key', 1_500),
      policyOf('hold', 1),
    ];
    const added: string[] = [];
    const droppable = new Set<string>();
    for (let n = 0; n < 3_000; n += 1) {
      const policy = policies[random.integer(0, policies.length - 1)] as ActivePolicy;
      const isNoted = random.integer(0, 19) > 0;
      const name = `e${n}`;
      const key = random.integer(0, 2) === 0 ? `k${random.integer(0, 4)}` : undefined;
      const attachments = random.integer(0, 3) === 0 ? 1 + random.integer(0, 2) : 0;
      const options = { size: 10 + random.integer(0, 299), attachments, isNoted, offset: String(n).padStart(5, '0') };
      backlog.add(event(name, key === undefined ? options : { ...options, key }), policy);
      added.push(name);
      if (isNoted && policy.isDropping) droppable.add(name);
      reader.space = reader.sent.length + random.integer(0, 2);
      // The backlog is never empty here, which would end it.
      if (backlog.bytes > 5_000 && random.integer(0, 2) === 0) backlog.pump();
    }
    const sent = sendAll(backlog, reader);
    const names = sent.filter((text) => text.startsWith('e')).map((text) => text.replace(/\+.*/, ''));
    const told = reader.gaps.reduce((sum, [count]) => sum + count, 0);
    const dropped = reader.gone.filter((text) => text.startsWith('dropped')).length;
    expect(names).toEqual(added.filter((name) => new Set(names).has(name)));
    expect(added.length).toBe(names.length + reader.gone.length);
    expect(told).toBe(dropped);
    expect(added.filter((name) => !droppable.has(name) && !names.includes(name))).toEqual([]);
    expect(dropped).toBeGreaterThan(100);
    expect(reader.gone.length - dropped).toBeGreaterThan(5);
    expect(backlog.bytes).toBe(0);
    expect(Number(backlog.offset)).toBeGreaterThan(2_900);
    // The offsets that a client is told must rise, or recovery would repeat or skip events.
    const offsets = reader.gaps.map(([, offset]) => offset ?? '');
    expect(offsets).toEqual([...offsets].sort());
  });
});
