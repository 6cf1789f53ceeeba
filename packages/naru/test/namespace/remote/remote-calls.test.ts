import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeClock } from '../../../../testing/src/fake-clock.js';
import { SeededRandom } from '../../../../testing/src/seeded-random.js';
import { ZERO_OFFSET } from '../../../src/backplane/backplane.js';
import { TalkExchange } from '../../../src/backplane/talk/exchange.js';
import type { Target } from '../../../src/namespace/event/target.js';
import { TrafficCounts } from '../../../src/namespace/log/counts.js';
import { Remote } from '../../../src/namespace/remote/remote.js';
import { farOf, RemoteCalls, volatileMessage } from '../../../src/namespace/remote/remote-calls.js';
import { EVERYBODY } from '../../../src/namespace/rooms.js';
import type { SocketFacts } from '../../../src/namespace/socket/far-sockets.js';

const ROOM: Target = { rooms: new Set(['r']), except: new Set(['x']), flags: { compress: false } };

function build() {
  const clock = new FakeClock();
  const talk = new TalkExchange(clock, new SeededRandom(1));
  const log: (readonly unknown[])[] = [];
  const node = (id: string) => {
    const done: unknown[] = [];
    const remote: Remote = new Remote(talk, {
      counts: new TrafficCounts(),
      find: () => calls,
      all: () => [calls],
      onError: (error) => done.push(['error', (error as { code?: string }).code]),
    });
    const calls: RemoteCalls = new RemoteCalls({
      name: '/',
      clock,
      remote,
      askInPlace: () => () => undefined,
      askedAt: () => ({ after: ZERO_OFFSET, patientUntil: clock.now() }),
      arrivalMs: 0,
      isCarried: false,
      catchUp: () => true,
      whenDelivered: (callback) => callback(),
      describe: (target) => {
        done.push(['describe', target]);
        return [{ id, handshake: { address: '::1' } as SocketFacts['handshake'], rooms: ['r'], data: { n: 1 } }];
      },
      actInPlace: (target, action) => done.push([...action, target]),
      sendVolatile: (target, data) => done.push(['volatile', data, target]),
      deliver: (target, data) => done.push(['event', data, target]),
      onTold: (message) => done.push(['told', ...message]),
      tell: (message) => log.push(message),
      announce: (name, args) => {
        done.push([name, ...args.filter((each) => typeof each !== 'function')]);
        const answer = args.at(-1);
        if (typeof answer === 'function' && name !== 'silent') answer(`${id}!`);
      },
    });
    remote.hear('/');
    return { remote, calls, done };
  };
  return { clock, talk, log, node };
}

/** The target as it arrives: its calls stay on the other node. */
const ARRIVED: Target = { ...ROOM, flags: { local: true, compress: false } };

describe('RemoteCalls', () => {
  it('reach others only if there are some, and without the flag local', () => {
    const { node } = build();
    const { calls } = node('a');
    expect(calls.reaches({})).toBe(false);
    node('b');
    expect([calls.reaches({}), calls.reaches({ local: true })]).toEqual([true, false]);
  });

  it('find the sockets of other nodes', async () => {
    const { clock, node } = build();
    const [a, b] = [node('a'), node('b')];
    const fetching = a.calls.fetch(ROOM);
    await clock.settle();
    expect(await fetching).toEqual({
      found: [{ id: 'b', handshake: { address: '::1' }, rooms: ['r'], data: { n: 1 } }],
      missing: [],
    });
    expect(b.done).toEqual([['describe', ARRIVED]]);
  });

  it('change sockets through the log, on the other nodes', () => {
    const { log, node } = build();
    const [a, b] = [node('a'), node('b')];
    a.calls.act(ROOM, ['join', ['one', 'two']]);
    a.calls.act(EVERYBODY, ['disconnect', true]);
    for (const message of log) for (const { calls } of [a, b]) calls.onTold(message, ZERO_OFFSET);
    expect(a.done).toEqual([]);
    expect(b.done).toEqual([
      ['join', ['one', 'two'], ARRIVED],
      ['disconnect', true, { ...EVERYBODY, flags: { local: true, compress: true } }],
    ]);
  });

  it('send volatile events with their marks, and events between servers', async () => {
    const { clock, node } = build();
    const [a, b] = [node('a'), node('b')];
    a.calls.sendVolatile(ROOM, ['now', 1]);
    a.calls.sendVolatile({ ...ROOM, flags: { ...ROOM.flags, mark: 'delta' } }, ['frame', 2]);
    a.remote.broadcast('/', [...volatileMessage(ROOM, ['frame', 3]), 'a later mark']);
    a.calls.emit(['side', Uint8Array.of(1)]);
    await clock.settle();
    expect(b.done).toEqual([
      ['volatile', ['now', 1], ARRIVED],
      ['volatile', ['frame', 2], { ...ARRIVED, flags: { ...ARRIVED.flags, mark: 'delta' } }],
      ['volatile', ['frame', 3], ARRIVED],
      ['side', Buffer.of(1)],
    ]);
  });

  it('collect the answers to an event between servers, and name the nodes that give none within five seconds', async () => {
    const { clock, node } = build();
    const [a, b] = [node('a'), node('b')];
    const asking = a.calls.emitWithAck(['side', 1]);
    await clock.settle();
    expect(await asking).toEqual(['b!']);
    const failing = expect(a.calls.emitWithAck(['silent'])).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringMatching(/^timeout reached: only 0 responses received out of 1; /),
      responses: [],
      missing: [b.remote.node],
    });
    await clock.advance(5_000);
    await failing;
  });

  it('pass over a message to all processes that a later version added, and warn once', () => {
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    onTestFinished(() => warn.mockRestore());
    const { calls, done } = build().node('a');
    for (let count = 0; count < 2; count += 1) calls.onTold(['fly', 'other', { to: 'the moon' }, 1], ZERO_OFFSET);
    calls.onTold(['act', 'other', farOf(ROOM), 'fly', ['r']], ZERO_OFFSET);
    calls.onTold(['taken', 'owner', 'pid'], ZERO_OFFSET);
    expect(done).toEqual([]);
    expect(warn.mock.calls.map(([text]) => String(text).slice(0, 62))).toEqual([
      'A later version of Naru wrote a message "fly" to all processes',
      'A later version of Naru wrote a message "act" to all processes',
    ]);
  });

  it('refuse a message to all processes that has other parts', () => {
    const { calls, done } = build().node('a');
    for (const message of [
      ['act', 'other', 'r', 'join', ['r']],
      ['act', 'other', farOf(ROOM), 'join', 'r'],
      ['act', 'other', farOf(ROOM), 'disconnect', 1],
      ['ask', 'other', farOf(ROOM), '1', ['q'], 1_000],
      ['ask', 'other', farOf(ROOM), 1, 'q', 1_000],
      ['ask', 'other', farOf(ROOM), 1, ['connect'], 1_000],
      ['ask', 'other', farOf(ROOM), 1, ['q'], null],
    ])
      expect(() => calls.onTold(message, ZERO_OFFSET)).toThrow(expect.objectContaining({ code: 'REFUSED' }));
    expect(done).toEqual([]);
  });

  it('count a node as missing if its answer cannot be read', async () => {
    const { clock, talk, node } = build();
    const a = node('a');
    const answers = ['[1,[{"id":1}]]', '[1,{}]', '[2,[]]', '{', '7'].map((text) => Buffer.from(text));
    const strangers = answers.map((answer) => talk.join({ onMessage: () => undefined, onQuestion: () => answer }));
    const fetching = a.calls.fetch(ROOM);
    await clock.settle();
    const { found, missing } = await fetching;
    expect([found, [...missing].sort()]).toEqual([[], strangers.map(({ node: code }) => code).sort()]);
  });

  it('do not answer a question that they do not know', async () => {
    const { clock, node } = build();
    const [a, b] = [node('a'), node('b')];
    const asking = a.remote.ask('/', ['newer'], 1_000);
    await clock.settle();
    expect((await asking).missing).toEqual([b.remote.node]);
    expect(b.done).toEqual([['error', 'REFUSED']]);
  });
});

it('writes a target for other nodes', () => {
  expect(farOf(ROOM)).toEqual([['r'], ['x'], false]);
  expect(farOf(EVERYBODY)).toEqual([[], [], true]);
  expect(farOf({ ...EVERYBODY, flags: { trace: 'a trace' } })).toEqual([[], [], true, 'a trace']);
});
