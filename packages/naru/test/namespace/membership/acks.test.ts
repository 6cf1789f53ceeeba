import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../../../testing/src/index.js';
import { Acks, createAnswer } from '../../../src/namespace/membership/acks.js';

describe('Acks', () => {
  it('calls each listener once with the arguments of its ack', () => {
    const acks = new Acks(new FakeClock(), 10);
    const calls: unknown[][] = [];
    acks.expect(1, (...args) => calls.push(args), undefined);
    acks.receive(2, ['nobody']);
    acks.receive(1, ['a', 'b']);
    acks.receive(1, ['again']);
    expect(calls).toEqual([['a', 'b']]);
    expect(acks.count).toBe(0);
  });

  it('forgets acknowledgements that nobody awaits any more, with their time limits', () => {
    const clock = new FakeClock();
    const acks = new Acks(clock, 10);
    const calls: unknown[][] = [];
    acks.expect(1, (...args) => calls.push(args), 1_000);
    acks.expect(2, (...args) => calls.push(args), undefined);
    for (const id of [1, 2, 3]) acks.forget(id);
    acks.receive(1, ['late']);
    expect([calls, acks.count, clock.timerCount]).toEqual([[], 0, 0]);
  });

  it('gives an error first with a time limit, which applies when it is over', async () => {
    const clock = new FakeClock();
    const acks = new Acks(clock, 10);
    const calls: unknown[][] = [];
    acks.expect(1, (...args) => calls.push(args), 1_000);
    acks.expect(2, (...args) => calls.push(args), 1_000);
    await clock.advance(999);
    acks.receive(1, ['in time']);
    await clock.advance(1);
    acks.receive(2, ['late']);
    expect(calls).toHaveLength(2);
    expect(calls[0]).toEqual([null, 'in time']);
    expect(calls[1]?.[0]).toMatchObject({ message: 'operation has timed out', code: 'TIMEOUT' });
    expect(clock.timerCount).toBe(0);
  });

  it('drops the oldest above the limit, and notifies it if it takes errors', () => {
    const clock = new FakeClock();
    const acks = new Acks(clock, 2);
    const calls: unknown[][] = [];
    for (const id of [1, 2, 3]) acks.expect(id, (...args) => calls.push([id, ...args]), id === 1 ? 500 : undefined);
    expect(acks.count).toBe(2);
    expect(calls).toEqual([[1, expect.objectContaining({ code: 'BUFFER_FULL' })]]);
    expect(clock.timerCount).toBe(0);
    acks.expect(4, (...args) => calls.push([4, ...args]), undefined);
    acks.receive(2, ['gone']);
    acks.receive(3, ['here']);
    expect(calls.at(-1)).toEqual([3, 'here']);
  });
});

it('gives the server an answer that cannot be sent later, as it gives errors of listeners', () => {
  const failures: unknown[] = [];
  const member = {
    client: {},
    socket: { id: 'one' },
    namespace: {
      fences: { confirmations: { newest: 1 }, acknowledge: (_since: number, send: () => void) => send() },
      listenerErrors: { take: (...failure: unknown[]) => failures.push(failure) },
      settle: () => undefined,
    },
    sendPacket: () => {
      throw new Error('not encodable');
    },
  };
  createAnswer(member as never, { type: 2, nsp: '/', id: 1, data: ['a'] })(1n);
  expect(failures).toEqual([[expect.objectContaining({ message: 'not encodable' }), 'a', member.socket, []]]);
});

it('counts an event as answered, although its answer cannot be sent', () => {
  const calls: string[] = [];
  const member = {
    client: { onAsked: () => calls.push('asked'), onAnswered: () => calls.push('answered') },
    namespace: { log: undefined, settle: () => undefined },
    sendPacket: () => {
      throw new Error('not encodable');
    },
  };
  const answer = createAnswer(member as never, { type: 2, nsp: '/', id: 1, data: ['a'] });
  expect(() => answer(1n)).toThrow('not encodable');
  expect(calls).toEqual(['asked', 'answered']);
});
