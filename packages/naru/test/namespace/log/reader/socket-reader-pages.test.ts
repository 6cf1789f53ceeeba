import { describe, expect, it, vi } from 'vitest';
import { SeededRandom } from '../../../../../testing/src/index.js';
import type { LogExtent, Page } from '../../../../src/backplane/backplane.js';
import { NamespaceLog } from '../../../../src/namespace/log/namespace-log.js';
import { CHANGES_MAX } from '../../../../src/namespace/log/reader/socket-reader.js';
import { isFor } from '../../../../src/namespace/log/records.js';
import { EncodedPacket } from '../../../../src/transport/encoded-packet.js';
import { build, Late } from './late-socket.js';

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => `${from + at}`);

/** A reader that has begun to read a log of one event, and whose connection is full. */
function buildFull() {
  const { reader, append, log, context } = build();
  append(1, 1);
  reader.most = 0;
  const own = new NamespaceLog('/', log, context);
  const late = reader.readAfter(own, '00000000000');
  late.start();
  return { reader, append, log, own, late };
}

describe('SocketReader', () => {
  it('asks for the rooms of the socket at most twice per page, because there may be thousands', () => {
    const { reader, append, start } = build();
    const asked = vi.fn(() => new Set(['lobby']));
    Object.defineProperty(reader, 'rooms', { get: asked });
    append(1, 640, ['lobby']);
    start();
    expect(reader.got).toEqual(numbers(1, 640));
    expect(asked.mock.calls.length).toBeLessThan(30);
  });

  it('reads everything for the socket, page after page, and reports the end', () => {
    const { reader, append, start } = build();
    append(1, 300);
    append(301, 600, ['elsewhere']);
    append(601, 900, ['lobby']);
    start();
    expect(reader.got).toEqual([...numbers(1, 300), ...numbers(601, 900)]);
    expect([reader.caughtUp, reader.gaps]).toEqual([1, []]);
  });

  it('lets others do their work when it has read for ten milliseconds, and goes on in a later turn', async () => {
    const { clock, reader, append, start } = build();
    let now = clock.now();
    clock.now = () => now;
    reader.onTake = () => {
      if (reader.takes % 64 === 0) now += 3;
    };
    append(1, 1_000, ['lobby']);
    start();
    expect(reader.got).toEqual(numbers(1, 64 + 256));
    for (let turn = 0; turn < 10; turn += 1) {
      now += 20;
      await clock.advance(0);
    }
    expect([reader.gaps, reader.got, reader.caughtUp]).toEqual([[], numbers(1, 1_000), 1]);
  });

  it('gets the events of its own rooms alone, with very many rooms, beside another socket that is late', () => {
    const { reader, append, log, context } = build();
    for (let n = 1; n <= 40; n += 1) append(n, n, [n % 2 === 0 ? 'one 0' : 'other 0']);
    const own = new NamespaceLog('/', log, context);
    const got = ['one', 'one', 'other'].map((name) => {
      const late = new Late();
      for (let room = 0; room <= 65; room += 1) late.joined.add(`${name} ${room}`);
      late.readAfter(own, '00000000000').start();
      return late.got;
    });
    const [even, odd] = [0, 1].map((rest) => numbers(1, 40).filter((n) => Number(n) % 2 === rest));
    expect([got, reader.gaps]).toEqual([[even, even, odd], []]);
  });

  it.each(['Symbol(all)', 'Symbol(everybody)'])(
    'gets the events of its own rooms alone, also of one named %s',
    (name) => {
      const { append, log, context } = build();
      for (let n = 1; n <= 400; n += 1) append(n, n, n % 2 === 0 ? ['secret'] : [name]);
      const own = new NamespaceLog('/', log, context);
      const [many, late] = [new Late(), new Late()];
      for (let room = 0; room <= 65; room += 1) many.joined.add(`many ${room}`);
      many.readAfter(own, '00000000000').start();
      late.joined.add(name);
      late.readAfter(own, '00000000000').start();
      expect(late.got).toEqual(numbers(1, 400).filter((n) => Number(n) % 2 === 1));
    },
  );

  it("begins after the client's offset", () => {
    const { reader, append, start } = build();
    append(1, 10);
    start('00000000007');
    expect(reader.got).toEqual(['8', '9', '10']);
  });

  it('waits for space, and continues there, with the events since then', () => {
    const { reader, append, start, handOut } = build();
    append(1, 1_000);
    reader.most = 1;
    const catchUp = start();
    const first = reader.got.length;
    expect(first).toBeLessThan(1_000);
    append(1_001, 1_100);
    handOut();
    append(1_101, 1_200);
    catchUp.pump();
    expect([reader.got.length, reader.caughtUp]).toEqual([first, 0]);
    reader.most = Number.POSITIVE_INFINITY;
    catchUp.pump();
    catchUp.pump();
    // It receives events that the others do not have yet together with them.
    expect(reader.got).toEqual(numbers(1, 1_100));
    expect(reader.caughtUp).toBe(1);
  });

  it('puts unlogged events between the events before and after them', () => {
    const { reader, append, start, handOut } = build();
    append(1, 2);
    reader.most = 0;
    const catchUp = start();
    catchUp.add([new EncodedPacket('42["question"]')]);
    append(3, 4);
    handOut();
    catchUp.add([new EncodedPacket('42["last"]')]);
    reader.most = Number.POSITIVE_INFINITY;
    catchUp.pump();
    expect(reader.got).toEqual(['1', '2', 'question', '3', '4', 'last']);
  });

  it('reads only as many large records as it has space for', () => {
    const { reader, append, start } = build(100_000_000);
    for (let n = 0; n < 20; n += 1) append(1, 20, ['lobby', 'x'.repeat(100_000)]);
    reader.most = 1;
    start();
    expect(reader.got.length).toBeLessThan(100);
  });

  it('lets others read while it skips their events, and still receives all of its own', async () => {
    const { clock, reader, append, start } = build();
    append(1, 1, ['me']);
    append(2, 300, ['elsewhere'], `,"${'x'.repeat(20_000)}"`);
    append(301, 302, ['lobby']);
    const catchUp = start();
    expect([reader.got, reader.caughtUp]).toEqual([['1'], 0]);
    let turns = 0;
    for (let last = catchUp.offset; reader.caughtUp === 0; last = catchUp.offset) {
      await new Promise<void>((resolve) => clock.defer(resolve, undefined));
      turns += 1;
      if (turns > 100) throw new TypeError(`it stands at ${last}`);
    }
    // Six megabytes, a part at a time.
    expect(turns).toBeGreaterThan(1);
    expect([reader.got, reader.gaps]).toEqual([['1', '301', '302'], []]);
    const gone = start();
    gone.cancel();
    await clock.settle();
    expect(reader.caughtUp).toBe(1);
  });

  it.each([false, true])(
    'reads a long log a few times for many readers from all over it (remote: %s)',
    async (isRemote) => {
      const { clock, append, log, slow, context } = build(1e9);
      append(1, 60_000, ['elsewhere']);
      const { records } = (await log.read('/', '00000000000', 60_000)) as Page;
      const { read } = log;
      let count = 0;
      log.read = (...args) => {
        const page = read.apply(log, args) as Page;
        count += page.records.length;
        return page;
      };
      const own = new NamespaceLog('/', isRemote ? { ...slow, isRemote } : log, context);
      own.skip(records.at(-1)?.offset ?? '', true);
      const readers = Array.from({ length: 60 }, () => new Late());
      for (const [n, reader] of readers.entries())
        reader.readAfter(own, records[(n * 7_919) % 50_000]?.offset ?? '').start();
      for (let turns = 0; readers.some(({ caughtUp }) => caughtUp === 0); turns += 1) {
        if (turns > 1_000) throw new TypeError('they do not reach the end');
        await new Promise<void>((resolve) => clock.defer(resolve, undefined));
      }
      expect(count).toBeLessThan(5 * records.length);
    },
  );

  it('sends what another reader of the same rooms got in one piece', () => {
    const { reader, append, log, context } = build();
    append(1, 50, ['lobby']);
    const own = new NamespaceLog('/', log, context);
    const others = [reader, new Late(), new Late()];
    for (const each of others) each.readAfter(own, '00000000000').start();
    expect(others.map(({ takes }) => takes)).toEqual([50, 1, 1]);
    expect(others.map(({ got, caughtUp }) => [got, caughtUp])).toEqual(others.map(() => [numbers(1, 50), 1]));
  });

  it('sends no piece that was read for rooms in which the reader is no longer', async () => {
    const { clock, append, slow, context } = build();
    append(1, 50, ['lobby']);
    const own = new NamespaceLog('/', slow, context);
    await own.beginning;
    const [first, second] = [new Late(), new Late()];
    first.readAfter(own, '00000000000').start();
    const late = second.readAfter(own, '00000000000');
    late.start();
    second.joined.delete('lobby');
    // So many changes are not kept, and the rooms after them count.
    for (let count = 0; count <= CHANGES_MAX; count += 1) late.onRoom('lobby', count % 2 === 1);
    await clock.settle();
    expect([first.got, second.got, second.caughtUp]).toEqual([numbers(1, 50), [], 1]);
  });

  it('sends what was for each room while the reader was in it, through hundreds of changes', () => {
    const { reader, append, log, own, late } = buildFull();
    for (let n = 2; n <= 601; n += 1) {
      const isIn = n % 2 === 1;
      if (isIn) reader.joined.add('lobby');
      else reader.joined.delete('lobby');
      late.onRoom('lobby', isIn);
      append(n, n, ['lobby']);
      own.skip((log.extent('/') as LogExtent).newest);
    }
    reader.most = Number.POSITIVE_INFINITY;
    late.pump();
    expect([reader.got, reader.caughtUp]).toEqual([numbers(1, 601).filter((n) => Number(n) % 2 === 1), 1]);
  });

  it('reads everything by the rooms of that time after 10,000 changes', () => {
    const { reader, append, log, own, late } = buildFull();
    late.onRoom('lobby', false);
    append(2, 2, ['lobby']);
    own.skip((log.extent('/') as LogExtent).newest);
    for (let n = 2; n <= 10_000; n += 1) late.onRoom('den', n % 2 === 0);
    late.onRoom('lobby', true);
    reader.most = Number.POSITIVE_INFINITY;
    late.pump();
    expect([reader.got, reader.caughtUp]).toEqual([numbers(1, 2), 1]);
  });

  it('sends no piece that is larger than the space for it', () => {
    const { append, log, context } = build();
    append(1, 50, ['lobby'], `,"${'x'.repeat(100)}"`);
    const own = new NamespaceLog('/', log, context);
    new Late().readAfter(own, '00000000000').start();
    for (const [bytes, takes] of [
      [50 * 100, 50],
      [50 * 200, 1],
    ] as const) {
      const reader = new Late();
      reader.bytes = bytes;
      reader.readAfter(own, '00000000000').start();
      expect([reader.got, reader.takes, reader.caughtUp]).toEqual([numbers(1, 50), takes, 1]);
    }
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'gives each of many readers what was sent to it, through all changes of rooms (seed %i)',
    async (seed) => {
      const random = new SeededRandom(seed);
      const { clock, log, slow, context } = build();
      const own = new NamespaceLog('/', seed % 2 === 0 ? slow : log, context);
      await own.beginning;
      const names = ['me', 'lobby', 'a', 'b'];
      const some = (chance: number): string[] => names.filter(() => random.chance(chance));
      let takes = 0;
      for (let round = 0; round < 12; round += 1) {
        const late = Array.from({ length: 10 }, () => {
          const reader = new Late();
          reader.most = 0;
          const catchUp = reader.readAfter(own, own.offset);
          catchUp.start();
          return { reader, catchUp, due: [] as string[] };
        });
        for (let step = 0; step < 40; step += 1) {
          const [rooms, except] = [some(0.3), round % 3 === 0 && random.chance(0.1) ? some(0.3) : []];
          const event = `${round}-${step}`;
          void log.append('/', [{ rooms, except, event: `["${event}"]`, attachments: [], at: clock.now() }]);
          own.skip((await log.extent('/')).newest, true);
          for (const { reader, catchUp, due } of late) {
            if (reader.caughtUp > 0) continue;
            if (isFor({ rooms, except }, reader.rooms)) due.push(event);
            const room = names[random.integer(1, 3)] as string;
            const what = random.integer(0, 99);
            if (what === 0) {
              const isIn = !reader.joined.has(room);
              if (isIn) reader.joined.add(room);
              else reader.joined.delete(room);
              catchUp.onRoom(room, isIn);
            } else if (what === 1) {
              due.push(`${event}-alone`);
              catchUp.add([new EncodedPacket(`42["${event}-alone"]`)]);
            } else if (what < 4) {
              reader.most += random.integer(0, 40);
              catchUp.pump();
            }
          }
        }
        for (const { reader, catchUp } of late) {
          reader.most = Number.POSITIVE_INFINITY;
          catchUp.pump();
        }
        await clock.settle();
        for (const { reader, due } of late) expect([reader.got, reader.caughtUp]).toEqual([due, 1]);
        for (const { reader } of late) takes += reader.got.length - reader.takes;
      }
      expect(takes).toBeGreaterThan(100);
    },
  );

  it('reports unreadable records', () => {
    const { reader, append, start, breakLog, errors } = build();
    append(1, 3);
    breakLog();
    start();
    expect(reader.gaps).toEqual([{ after: '00000000000', before: null }]);
    expect([reader.caughtUp, errors.length]).toEqual([1, 1]);
  });

  it('reports what the log has dropped, and continues after it', () => {
    const { reader, append, start } = build(3 * 310);
    append(1, 10);
    start('00000000002');
    expect(reader.gaps).toEqual([{ after: '00000000002', before: '00000000008' }]);
    expect(reader.got).toEqual(['8', '9', '10']);
  });

  it('waits for a slow log', async () => {
    const { reader, append, start } = build(10_000_000, true);
    append(1, 600);
    const catchUp = start();
    catchUp.pump();
    expect(reader.got).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect([reader.got, reader.caughtUp]).toEqual([numbers(1, 600), 1]);
  });

  it.each([
    ['one room', 1],
    ['more rooms than it remembers', 70],
  ])('reads the events of %s that it joins while a page is on its way', async (_, count) => {
    const { reader, append, start, handOut, slow, log } = build(10_000_000, true);
    append(1, 3);
    // The log is read when the answer is sent, and not when the question is asked.
    slow.read = (...args) => Promise.resolve().then(() => log.read(...args));
    const catchUp = start();
    append(4, 4);
    handOut();
    for (let n = 1; n <= count; n += 1) {
      reader.joined.add(`den-${n}`);
      catchUp.onRoom(`den-${n}`, true);
    }
    append(5, 5, ['den-1']);
    append(6, 6, ['lobby']);
    handOut();
    await new Promise((resolve) => setImmediate(resolve));
    expect([reader.got, reader.caughtUp]).toEqual([numbers(1, 6), 1]);
  });

  it('ends with its reader', async () => {
    const { reader, append, start } = build(10_000_000, true);
    append(1, 10);
    const catchUp = start();
    catchUp.cancel();
    await new Promise((resolve) => setImmediate(resolve));
    expect([reader.got, reader.caughtUp]).toEqual([[], 0]);
  });
});
