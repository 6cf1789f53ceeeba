/** One namespace of a server, whose messages the test notes, on a fake clock. */
import { describe, expect, it } from 'vitest';
import type { BridgedNamespace, Target } from '../../../naru/src/entry/bridge.js';
import { FakeClock } from '../../../testing/src/entry/index.js';
import { ClusterKind } from '../../src/cluster/cluster-messages.js';
import { ClusterSpan } from '../../src/cluster/cluster-span.js';

const HOME: Target = { rooms: new Set(['home']), except: new Set(['b']), flags: { timeout: 1_000 } };
const OPTS = { rooms: ['home'], except: ['b'], flags: { timeout: 1_000 } };
const FACTS = { id: 'x', handshake: {}, rooms: ['x', 'home'], data: 1 };

async function build(others = 2) {
  const clock = new FakeClock();
  const said: unknown[][] = [];
  const announced: unknown[][] = [];
  const left: string[] = [];
  let answers: ((args: readonly unknown[]) => void) | undefined;
  let isStopped = false;
  const whenKept = { isLate: false, waiting: [] as (() => void)[] };
  const namespace = {
    name: '/side',
    describe: () => [FACTS],
    whenKept: (callback: () => void) => {
      if (whenKept.isLate) whenKept.waiting.push(callback);
      else callback();
    },
    announce: (...event: unknown[]) => announced.push(event),
    ask: (_target: unknown, _data: unknown, handler: { onAsked(n: number): void; onAnswer: typeof answers }) => {
      answers = handler.onAnswer;
      handler.onAsked(1);
      return () => {
        isStopped = true;
      };
    },
  } as object as BridgedNamespace;
  const span = new ClusterSpan(namespace, {
    ...{ clock, requestsTimeout: 5_000 },
    way: {
      prepare: (kind, data) => {
        const message = JSON.parse(JSON.stringify(data));
        return () => void said.push(['all', kind, message]);
      },
      respond: (to, kind, data) => said.push([to, kind, data]),
      enter: async () => undefined,
      leave: () => left.push('left'),
      count: async () => others,
    },
    createId: () => 'id',
    onClose: () => left.push('closed'),
  });
  span.enter();
  await clock.advance(0);
  const answer = (...args: unknown[]): void => answers?.(args);
  return { clock, span, said, announced, left, answer, whenKept, isStopped: () => isStopped };
}

const from = (uid: string, kind: number, data: object) => ({ uid, namespace: '/side', kind, data: { ...data } });

describe('a namespace of a cluster', () => {
  it('sends events and changes of sockets', async () => {
    const { span, said } = await build();
    const packet = { type: 2, data: ['said', 1], nsp: '/side' };
    span.send(HOME, ['said', 1]);
    span.act(HOME, ['join', ['new']]);
    span.act(HOME, ['leave', ['new']]);
    span.act(HOME, ['disconnect', true]);
    span.emit(['name', 1]);
    expect(said).toEqual([
      ['all', ClusterKind.BROADCAST, { packet, opts: OPTS }],
      ['all', ClusterKind.JOIN, { opts: OPTS, rooms: ['new'] }],
      ['all', ClusterKind.LEAVE, { opts: OPTS, rooms: ['new'] }],
      ['all', ClusterKind.DISCONNECT, { opts: OPTS, close: true }],
      ['all', ClusterKind.SERVER_SIDE_EMIT, { packet: ['name', 1] }],
    ]);
  });

  it('sends an event as it was at the call, also if the log takes it later', async () => {
    const { span, said, whenKept } = await build();
    const data: [string, { turn: number }] = ['said', { turn: 1 }];
    whenKept.isLate = true;
    span.send(HOME, data);
    span.ask(HOME, data, { onAnswer: () => undefined, onComplete: () => undefined });
    data[1].turn = 2;
    expect(said).toEqual([]);
    for (const callback of whenKept.waiting) callback();
    expect(said.map(([, , message]) => (message as { packet: { data: unknown } }).packet.data)).toEqual([
      ['said', { turn: 1 }],
      ['said', { turn: 1 }],
    ]);
  });

  it('asks clients, finds sockets and calls listeners', async () => {
    const { clock, span, said } = await build();
    const got: unknown[] = [];
    const handler = {
      onAnswer: (answer: unknown) => got.push(answer),
      onComplete: (missing: unknown) => got.push({ missing }),
    };
    span.ask(HOME, ['name'], handler);
    await clock.advance(1);
    expect(said).toEqual([
      [
        'all',
        ClusterKind.BROADCAST,
        { packet: { type: 2, data: ['name'], nsp: '/side' }, opts: OPTS, requestId: 'id' },
      ],
    ]);
    span.onResponse(from('old', ClusterKind.CLIENT_COUNT, { requestId: 'id', clientCount: 1 }));
    span.onResponse(from('naru-2', ClusterKind.CLIENT_COUNT, { requestId: 'id', clientCount: 0 }));
    span.onResponse(from('old', ClusterKind.ACK, { requestId: 'id', packet: ['yes'] }));
    expect(got).toEqual([['yes'], { missing: [] }]);
    const found = span.fetch(HOME);
    await clock.advance(1);
    span.onResponse(from('old', ClusterKind.SOCKETS, { requestId: 'id', sockets: [FACTS, { id: 5 }] }));
    span.onResponse(from('older', ClusterKind.SOCKETS, { requestId: 'id', sockets: 'none' }));
    expect(await found).toEqual({ found: [FACTS], missing: [] });
    const emitted = span.emitWithAck(['name', 1]);
    await clock.advance(1);
    span.onResponse(from('naru-2', ClusterKind.SERVER_SIDE_ANSWER, { requestId: 'id', packet: null }));
    span.onResponse(from('old', ClusterKind.SERVER_SIDE_ANSWER, { requestId: 'id', packet: 'yes' }));
    expect(await emitted).toEqual(['yes']);
    const late = span.emitWithAck(['name', 1]).catch((error) => error);
    await clock.advance(5_001);
    expect(await late).toMatchObject({ code: 'TIMEOUT', responses: [], missing: { length: 2 } });
  });

  it('answers requests for its own sockets, and with nobody to a node of Naru', async () => {
    const { clock, span, said, announced, answer, isStopped } = await build();
    const requestId = 'r';
    const packet = { type: 2, data: ['name'] };
    for (const uid of ['old', 'naru-2']) {
      expect(span.onRequest(from(uid, ClusterKind.FETCH, { requestId, opts: OPTS }))).toBe(true);
      expect(span.onRequest(from(uid, ClusterKind.BROADCAST, { requestId, opts: OPTS, packet }))).toBe(true);
      expect(span.onRequest(from(uid, ClusterKind.SERVER_SIDE_EMIT, { requestId, packet: ['name', 1] }))).toBe(true);
    }
    answer('first of the client');
    const [[name, args]] = announced as [[string, unknown[]]];
    expect([name, args[0], announced.length]).toEqual(['name', 1, 1]);
    const listener = args[1] as (value: unknown) => void;
    listener('first');
    listener('second');
    expect(said).toEqual([
      ['old', ClusterKind.SOCKETS, { requestId, sockets: [FACTS] }],
      ['old', ClusterKind.CLIENT_COUNT, { requestId, clientCount: 1 }],
      ['naru-2', ClusterKind.SOCKETS, { requestId, sockets: [] }],
      ['naru-2', ClusterKind.CLIENT_COUNT, { requestId, clientCount: 0 }],
      ['naru-2', ClusterKind.SERVER_SIDE_ANSWER, { requestId, packet: null }],
      ['old', ClusterKind.ACK, { requestId, packet: 'first of the client' }],
      ['old', ClusterKind.SERVER_SIDE_ANSWER, { requestId, packet: 'first' }],
    ]);
    await clock.advance(1_001);
    expect(isStopped()).toBe(true);
  });

  it('takes no request that it cannot read', async () => {
    const { span, said } = await build();
    for (const [kind, data] of [
      [ClusterKind.FETCH, { opts: OPTS }],
      [ClusterKind.FETCH, { requestId: 'r', opts: 5 }],
      [ClusterKind.BROADCAST, { requestId: 'r', opts: OPTS }],
      [99, { requestId: 'r' }],
    ] as const)
      expect(span.onRequest(from('old', kind, data))).toBe(false);
    expect(() => span.onRequest(from('old', ClusterKind.SERVER_SIDE_EMIT, { packet: ['connection'] }))).toThrow();
    expect(said).toEqual([]);
  });

  it('ends its calls when it is no longer used', async () => {
    const { clock, span, left } = await build();
    const found = span.fetch(HOME);
    await clock.advance(1);
    expect(span.isWaiting).toBe(true);
    span.close();
    expect((await found).missing.length).toBe(2);
    expect(left).toEqual(['left', 'closed']);
  });
});
