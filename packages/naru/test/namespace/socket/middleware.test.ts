import { describe, expect, it } from 'vitest';
import { catchUncaught } from '../../../../../test/kit/uncaught.js';
import { type NamespaceMiddleware, passMiddleware } from '../../../src/namespace/socket/middleware.js';
import type { Socket } from '../../../src/namespace/socket/socket.js';

const socket = { id: 'one' } as Socket;

async function pass(...steps: NamespaceMiddleware<Socket>[]): Promise<unknown[]> {
  const outcomes: unknown[] = [];
  passMiddleware(socket, steps, (error) => outcomes.push(error?.message ?? 'in'));
  await Promise.resolve();
  return outcomes;
}

describe('passMiddleware', () => {
  it('calls one function after the other, each with the socket', async () => {
    const seen: unknown[] = [];
    const step: NamespaceMiddleware<Socket> = (each, next) => {
      seen.push(each.id);
      next();
    };
    expect([await pass(step, step), seen, await pass()]).toEqual([['in'], ['one', 'one'], ['in']]);
  });

  it('ends at the first refusal, and takes the first call of each next', async () => {
    const outcomes = await pass(
      (_socket, next) => {
        next();
        next(new Error('changed my mind'));
      },
      (_socket, next) => next(new Error('no')),
      () => expect.unreachable(),
    );
    expect(outcomes).toEqual(['no']);
  });

  it('refuses when a function fails by itself, without its text', async () => {
    const uncaught = catchUncaught();
    const outcomes = await pass(() => {
      throw new Error('a secret');
    });
    await Promise.resolve();
    expect(outcomes).toEqual(['the middleware failed']);
    expect(uncaught).toEqual(['a secret']);
  });
});
