import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock, TestServer } from '../../../../testing/src/entry/index.js';
import type { Backplane } from '../../../src/backplane/backplane.js';
import { memoryBackplane } from '../../../src/backplane/memory.js';
import { ConfigError, UnavailableError } from '../../../src/base/errors.js';
import { readOptions } from '../../../src/base/options/table.js';
import { type EraseWish, retainTable } from '../../../src/namespace/erasure/erasures.js';
import { walkOptions } from '../../base/options/walk.js';

function open(change: (backplane: Backplane) => Backplane = (backplane) => backplane) {
  const clock = new FakeClock();
  const backplane = change(memoryBackplane(clock, { ageMs: 600_000, bytes: 1_000_000 }));
  const server = new TestServer({ clock, server: { backplane } });
  onTestFinished(() => server.close());
  return { clock, backplane, io: server.io };
}

/** A backplane whose log fails at a method. */
const failing = (method: 'erase' | 'append', error: unknown) => (backplane: Backplane) => {
  const fail = () => Promise.reject(error);
  return { ...backplane, log: Object.assign(backplane.log, { [method]: fail }) } as Backplane;
};

describe('erase', () => {
  const HINT = 'name exactly one of { room }, { by }, { offset } and { all: true }';

  it.each([
    [undefined, `erase: ${HINT}, got undefined`],
    [null, `erase: ${HINT}, got object`],
    ['a', `erase: ${HINT}, got "a"`],
    [['a'], HINT],
    [{}, HINT],
    [{ room: 'a', by: 'ann' }, HINT],
    [{ romo: 'a' }, `erase: "romo" is not a criterion: ${HINT}`],
    [{ toString: 'a' }, 'erase: "toString" is not a criterion'],
    [{ room: '' }, 'erase: "room" must be the name of a room, got ""'],
    [{ room: undefined }, 'erase: "room" must be the name of a room, got undefined'],
    [{ room: 7 }, 'erase: "room" must be the name of a room, got number'],
    [{ by: undefined }, 'erase: "by" must be the name of a person, got undefined'],
    [{ by: 'x'.repeat(257) }, 'erase: "by" must be the name of a person'],
    [{ offset: '1' }, 'erase: "offset" must be the offset of an event, got "1"'],
    [{ all: false }, 'erase: "all" must be true, got boolean'],
    [{ all: 1 }, 'erase: "all" must be true, got number'],
  ])('refuses %j, and erases nothing', async (wish, message) => {
    const { io, backplane } = open();
    io.to('a').by('ann').emit('say');
    const erasing = io.erase(wish as EraseWish);
    await expect(erasing).rejects.toThrow(ConfigError);
    await expect(erasing).rejects.toThrow(message);
    expect(await backplane.log.erase('/', { all: true })).toBe(0);
    await expect(io.erase({ all: true })).resolves.toBe(1);
  });

  it('has the log forget what it remembers', async () => {
    const forgotten: string[] = [];
    const forgetting = (backplane: Backplane): Backplane => ({
      ...backplane,
      log: Object.assign(backplane.log, { forget: (namespace: string) => forgotten.push(namespace) }),
    });
    const { io } = open(forgetting);
    io.of('/a').to('r').emit('say');
    await io.of('/a').erase({ room: 'r' });
    expect(forgotten).toEqual(['/a']);
  });

  it('is refused without a log, as is a retention', async () => {
    const server = new TestServer();
    await expect(server.io.of('/chat').erase({ all: true })).rejects.toThrow(
      '"/chat" keeps no events: set the server option "backplane" or "connectionStateRecovery"',
    );
    expect(() => server.io.retain({ ageMs: 1 })).toThrow(ConfigError);
    await server.close();
  });

  it('erases in its own namespace only', async () => {
    const { io } = open();
    for (const name of ['/', '/a', '/b']) io.of(name).to('r').emit('say');
    expect(await io.of('/a').erase({ room: 'r' })).toBe(1);
    expect(await io.erase({ room: 'r' })).toBe(1);
    expect(await io.of('/b').erase({ room: 'r' })).toBe(1);
  });

  it('rejects with UnavailableError when the log fails, and a second call completes it', async () => {
    const error = new UnavailableError('IO_FAILED', 'the disk is full');
    await expect(open(failing('erase', error)).io.erase({ all: true })).rejects.toBe(error);
    const other = open(failing('erase', new Error('no broker')))
      .io.of('/chat')
      .erase({ all: true });
    await expect(other).rejects.toThrow('the events of /chat could not be erased: no broker');
    await expect(other).rejects.toThrow(UnavailableError);
    const half = open();
    half.io.emit('say');
    await half.clock.settle();
    const { append } = half.backplane.log;
    failing('append', error)(half.backplane);
    await expect(half.io.erase({ all: true })).rejects.toBe(error);
    Object.assign(half.backplane.log, { append });
    const { newest } = await half.backplane.log.extent('/');
    expect(await half.io.erase({ all: true })).toBe(0);
    expect((await half.backplane.log.extent('/')).newest > newest).toBe(true);
  });
});

describe('retain', () => {
  walkOptions(retainTable, (given) => readOptions(retainTable, given));

  it('keeps the events of one namespace for another time', async () => {
    const { io, clock, backplane } = open();
    const chat = io.of('/chat');
    expect(chat.retain({ ageMs: 1_000 })).toBe(chat);
    for (const each of [io, chat]) each.emit('say');
    await clock.advance(2_000);
    expect([(await backplane.log.extent('/')).count, (await backplane.log.extent('/chat')).count]).toEqual([1, 0]);
    expect(() => chat.retain({ age: 5 } as object)).toThrow('use "retain.ageMs"');
    expect(() => chat.retain(undefined as never)).toThrow(ConfigError);
  });
});
