import { describe, expect, it, vi } from 'vitest';
import { sharedMemory } from '../../../../test/kit/servers/shared-memory.js';
import { FakeClock } from '../../../testing/src/fake-clock.js';
import type { Backplane, LogRecord } from '../../src/backplane/backplane.js';
import { memoryBackplane } from '../../src/backplane/memory.js';
import { Outlet } from '../../src/emitter/outlet.js';
import { EVERYBODY } from '../../src/namespace/rooms.js';

function build() {
  const backplane = sharedMemory(new FakeClock());
  const append = vi.spyOn(backplane.log, 'append');
  const { talk: _, ...silent } = backplane;
  return { backplane, silent, append, outlet: new Outlet(backplane, () => false) };
}

const countsOf = (append: { mock: { calls: [string, readonly LogRecord[]][] } }) =>
  append.mock.calls.map(([namespace, records]) => [namespace, records.length]);

describe('an outlet', () => {
  it('stores what is sent without a pause together, in the order of the calls', async () => {
    const { append, outlet } = build();
    await Promise.all([
      outlet.emit('/', ['one'], EVERYBODY),
      outlet.emit('/chat', ['other'], EVERYBODY),
      outlet.act('/', EVERYBODY, ['join', ['r']]),
      outlet.emit('/', ['two'], EVERYBODY),
    ]);
    expect(countsOf(append)).toEqual([
      ['/', 3],
      ['/chat', 1],
    ]);
    expect(append.mock.calls[0]?.[1].map(({ event }) => JSON.parse(event)[0])).toEqual(['one', 'act', 'two']);
  });

  it('stores at most 256 records together', async () => {
    const { append, outlet } = build();
    await Promise.all(Array.from({ length: 600 }, (_, n) => outlet.emit('/', [`e${n}`], EVERYBODY)));
    expect(countsOf(append)).toEqual([
      ['/', 256],
      ['/', 256],
      ['/', 88],
    ]);
  });

  it('stores no more together than a message of a broker holds, and a larger event by itself', async () => {
    const { append, outlet } = build();
    const text = (kib: number): string => 'x'.repeat(kib * 1024);
    await Promise.all([100, 100, 100, 900, 10].map((kib) => outlet.emit('/', ['e', text(kib)], EVERYBODY)));
    expect(countsOf(append)).toEqual([
      ['/', 2],
      ['/', 1],
      ['/', 1],
      ['/', 1],
    ]);
  });

  it('stores an event as it was when it was sent', async () => {
    const { append, outlet } = build();
    const data = { n: 1 };
    const stored = outlet.emit('/', ['count', data], EVERYBODY);
    data.n = 2;
    await stored;
    expect(append.mock.calls[0]?.[1][0]?.event).toBe('["count",{"n":1}]');
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('full'))],
    [
      'throws',
      () => {
        throw new Error('full');
      },
    ],
  ])('rejects when the log %s, for each event', async (_, fail) => {
    const { append, outlet } = build();
    append.mockImplementation(fail);
    const sent = [outlet.emit('/', ['one'], EVERYBODY), outlet.emit('/', ['two'], EVERYBODY)];
    for (const each of await Promise.allSettled(sent))
      expect(each).toMatchObject({ status: 'rejected', reason: { message: 'full' } });
    append.mockRestore();
    await outlet.emit('/', ['three'], EVERYBODY);
  });

  it('rejects data that cannot be encoded, and stores nothing of it', async () => {
    const { append, outlet } = build();
    await expect(outlet.emit('/', ['big', 1n], EVERYBODY)).rejects.toMatchObject({ code: 'NOT_ENCODABLE' });
    expect(append).not.toHaveBeenCalled();
  });

  it('refuses other values than a backplane, and a backplane that no other process reads', () => {
    expect(() => new Outlet('./data' as unknown as Backplane, () => false)).toThrow(
      expect.objectContaining({ code: 'BAD_ARGUMENT' }),
    );
    const memory = memoryBackplane(new FakeClock(), { ageMs: 1, bytes: 1 });
    expect(() => new Outlet(memory, () => false)).toThrow('no other process reads a backplane in memory');
  });

  it('refuses volatile events and events between servers if the backplane does not connect servers', async () => {
    const { silent } = build();
    const outlet = new Outlet(silent, () => false);
    const wrong = { code: 'WRONG_STATE' };
    await expect(outlet.announce('/', ['news'])).rejects.toMatchObject(wrong);
    await expect(outlet.emit('/', ['at'], { ...EVERYBODY, flags: { volatile: true } })).rejects.toMatchObject(wrong);
  });

  it('stores everything before it closes the backplane, and nothing afterwards', async () => {
    const { backplane, append, outlet } = build();
    const close = vi.spyOn(backplane, 'close');
    const stored = outlet.emit('/', ['last'], EVERYBODY);
    append.mockImplementation(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      expect(close).not.toHaveBeenCalled();
      return { offsets: [], previous: '' };
    });
    await outlet.close();
    await stored;
    expect(close).toHaveBeenCalledOnce();
    await expect(outlet.emit('/', ['late'], EVERYBODY)).rejects.toMatchObject({ code: 'CLOSED' });
    await expect(outlet.announce('/', ['late'])).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
