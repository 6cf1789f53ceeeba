import { describe, expect, it } from 'vitest';
import { askForLock, askPrimary, type LockMessage } from '../../../src/server/endpoints/endpoint-lock.js';

const url = 'udp://:0';

function makeWorker() {
  const seen: unknown[] = [];
  const sent: LockMessage[] = [];
  const listeners: ((message: unknown) => void)[] = [];
  const program = {
    on: (_event: 'message', listener: (message: unknown) => void) => listeners.push(listener),
    send: (message: LockMessage) => sent.push(message),
  };
  const waiter = { onLock: (port?: number) => seen.push(port), onWait: () => seen.push('wait') };
  const tell = (message: unknown): void => {
    for (const listener of listeners) listener(message);
  };
  const answer = (endpoint: string, isYours: boolean, port: number): void =>
    tell({ naru: 'lock', endpoint, isYours, port });
  return { seen, sent, listeners, ask: () => askPrimary(program, url, waiter), waiter, tell, answer };
}

describe('the locks of a worker', () => {
  it('are asked for, held and released', () => {
    const { sent, seen, ask, answer } = makeWorker();
    const lock = ask();
    answer('1 udp://:0', false, 4001);
    answer('1 udp://:0', true, 4001);
    lock.opened(4001);
    lock.release();
    lock.release();
    answer('1 udp://:0', true, 4001);
    expect(seen).toEqual(['wait', 4001]);
    expect(sent).toEqual([
      { naru: 'ask-lock', endpoint: '1 udp://:0' },
      { naru: 'endpoint-opened', endpoint: '1 udp://:0', port: 4001 },
      { naru: 'release-lock', endpoint: '1 udp://:0' },
    ]);
  });

  it('name no port before any worker has opened one, and tell two endpoints at one address apart', () => {
    const { sent, seen, listeners, ask, answer } = makeWorker();
    ask();
    ask().release();
    answer('1 udp://:0', true, 0);
    expect(seen).toEqual([undefined]);
    expect(listeners).toHaveLength(1);
    expect(sent.map(({ endpoint }) => endpoint)).toEqual(['1 udp://:0', '2 udp://:0', '2 udp://:0']);
  });

  it.each([
    undefined,
    'lock',
    { naru: 'stop', endpoint: '1 udp://:0', isYours: true, port: 1 },
    { naru: 'lock', endpoint: '1 udp://:0', port: 1 },
    { naru: 'lock', endpoint: '1 udp://:0', isYours: true },
    { naru: 'lock', endpoint: '2 udp://:0', isYours: true, port: 1 },
  ])('do not come with %j', (message) => {
    const { seen, ask, tell } = makeWorker();
    ask();
    tell(message);
    expect(seen).toEqual([]);
  });
});

it('a lock comes at once outside of a worker', () => {
  const { seen, waiter } = makeWorker();
  const lock = askForLock(url, waiter);
  lock.opened(4001);
  lock.release();
  expect(seen).toEqual([undefined]);
});
