/** Calls to several groups of nodes at once: those of Naru, and those behind a bridge. */
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Target } from '../event/target.js';
import type { AnswerHandler, FarSockets } from '../socket/far-sockets.js';
import type { FarListeners, FarNodes } from './bridge.js';

/**
 * Asks the sockets of a target of all groups for acknowledgements, and with `askHere` those of this node. Returns the
 * function that stops waiting, and returns the nodes that said nothing.
 */
export function askAll(
  groups: readonly FarNodes[],
  target: Target,
  data: readonly unknown[],
  handler: AnswerHandler,
  askHere: (handler: AnswerHandler) => () => readonly NodeCode[],
): () => readonly NodeCode[] {
  let asked: number | undefined;
  let farCount = 0;
  let openCount = groups.length;
  const missing: NodeCode[] = [];
  const finish = (): void => {
    if (asked !== undefined && openCount === 0) handler.onAsked(asked + farCount, missing);
  };
  const giveUps = groups.map((nodes) =>
    nodes.ask(target, data, {
      onAnswer: (argument) => {
        farCount += 1;
        handler.onAnswer([argument]);
      },
      onComplete: (silent) => {
        missing.push(...silent);
        openCount -= 1;
        finish();
      },
    }),
  );
  const giveUp = askHere({
    onAnswer: (args) => handler.onAnswer(args),
    onAsked: (count) => {
      asked = count;
      finish();
    },
  });
  return () => [giveUp, ...giveUps].flatMap((end) => end());
}

/** Finds the sockets of a target on the nodes of all groups. */
export async function fetchFromAll(groups: readonly FarNodes[], target: Target): Promise<FarSockets> {
  const all = await Promise.all(groups.map((nodes) => nodes.fetch(target)));
  return {
    found: all.flatMap(({ found }) => found),
    missing: all.flatMap(({ missing }) => missing),
    unusable: all.find(({ unusable }) => unusable)?.unusable,
  };
}

/**
 * Returns the listeners of two groups as one. The error of one group has the answers of both. The events of Naru's own
 * packages go to the nodes of Naru alone, which are `one`.
 */
export function joinListeners(
  one: FarListeners | undefined,
  other: FarListeners | undefined,
): FarListeners | undefined {
  if (!one || !other) return one ?? other;
  const listenersFor = ([name]: readonly unknown[]): readonly FarListeners[] =>
    String(name).startsWith('naru:') ? [one] : [one, other];
  return {
    emit: (args) => {
      for (const listeners of listenersFor(args)) listeners.emit(args);
    },
    emitWithAck: async (args) => {
      const outcomes = await Promise.allSettled(listenersFor(args).map((listeners) => listeners.emitWithAck(args)));
      const failed = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
      const responses = outcomes.flatMap((outcome) =>
        outcome.status === 'fulfilled' ? outcome.value : ((outcome.reason.responses as unknown[] | undefined) ?? []),
      );
      if (failed.length === 0) return responses;
      throw Object.assign(failed[0], { responses, missing: failed.flatMap(({ missing }) => missing ?? []) });
    },
  };
}
