/** The common part of the tests of subscriptions that read the log. */
import type { Got } from '../../../../test/kit/clients/stomp-tester.js';
import { Stage } from '../../../../test/kit/clients/stomp-tester.js';

export const TOPIC = { id: 's', destination: '/topic/lobby' };

/** Opens a server with a log, where everybody may subscribe and publish. */
export function openStage(stomp = {}, options: object = {}): Stage {
  const stage = new Stage(stomp, { connectionStateRecovery: {}, ...options });
  stage.io.allow({ subscribe: true, publish: true });
  return stage;
}

export const numbersOf = (messages: readonly Got[]): unknown[] => messages.map(({ body }) => JSON.parse(body)[0]);

/** Emits numbers to a room, `to` excluded. */
export async function emit(stage: Stage, from: number, to: number, room = 'lobby'): Promise<void> {
  for (let n = from; n < to; n += 1) stage.io.to(room).emit('n', n);
  await stage.clock.settle();
}

export const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);
