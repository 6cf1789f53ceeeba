import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../../src/base/errors.js';
import { MessageQueue } from '../../../../src/transport/websocket/api/message-queue.js';
import type { WebSocketConnection } from '../../../../src/transport/websocket/connection.js';

function queueWithLog(readyState = 'open') {
  const log: string[] = [];
  const connection = { readyState, pause: () => log.push('pause'), resume: () => log.push('resume') };
  const program = { isHolding: false };
  const queue = new MessageQueue(connection as unknown as WebSocketConnection, () => program.isHolding);
  return { queue, log, program };
}

describe('MessageQueue', () => {
  it('gives a message to a waiting reader, and keeps it for a later one', async () => {
    const { queue } = queueWithLog();
    const iterator = queue.iterate(() => {});
    const first = iterator.next();
    queue.push('a');
    queue.push('b');
    expect([await first, await iterator.next()]).toEqual([
      { done: false, value: 'a' },
      { done: false, value: 'b' },
    ]);
  });

  it('pauses the connection when many wait, and resumes it when few do', async () => {
    const { queue, log } = queueWithLog();
    const iterator = queue.iterate(() => {});
    for (let count = 0; count < 64; count += 1) queue.push('x');
    expect(log).toEqual(['pause']);
    for (let count = 0; count < 47; count += 1) await iterator.next();
    expect(log).toEqual(['pause']);
    await iterator.next();
    expect(log).toEqual(['pause', 'resume']);
  });

  it('leaves the connection paused while the program holds it', async () => {
    const { queue, log, program } = queueWithLog();
    const iterator = queue.iterate(() => {});
    for (let count = 0; count < 64; count += 1) queue.push('x');
    program.isHolding = true;
    for (let count = 0; count < 48; count += 1) await iterator.next();
    expect([log, queue.isPaused]).toEqual([['pause'], false]);
  });

  it('returns its messages before it ends, and throws an error once', async () => {
    const { queue } = queueWithLog();
    const iterator = queue.iterate(() => {});
    queue.push('a');
    queue.end(new ProtocolError('WS_BAD_FRAME', 'bad'));
    expect(await iterator.next()).toEqual({ done: false, value: 'a' });
    await expect(iterator.next()).rejects.toThrow('bad');
    expect((await iterator.next()).done).toBe(true);
  });

  it('ends at once for a closed connection, and for waiting readers when it closes', async () => {
    expect(
      (
        await queueWithLog('closed')
          .queue.iterate(() => {})
          .next()
      ).done,
    ).toBe(true);
    const { queue } = queueWithLog();
    const waiting = queue.iterate(() => {}).next();
    queue.end(undefined);
    expect((await waiting).done).toBe(true);
  });

  it('resumes the connection when a loop is left', async () => {
    const { queue, log } = queueWithLog();
    let isLeft = false;
    const iterator = queue.iterate(() => {
      isLeft = true;
    });
    for (let count = 0; count < 64; count += 1) queue.push('x');
    await iterator.return?.();
    expect([isLeft, log]).toEqual([true, ['pause', 'resume']]);
  });
});
