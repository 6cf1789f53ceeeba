/**
 * The port by which a broadcast reaches the sockets of all nodes: changes, facts and acknowledgements. Nodes may fail
 * to answer.
 */
import { notUsed } from '../../backplane/backplane.js';
import { UNKNOWN } from '../../backplane/talk/exchange.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import { UnavailableError } from '../../base/errors.js';
import type { Room, SocketId } from '../event/target.js';
import type { Handshake } from './handshake.js';

/**
 * A change of sockets: rooms that they join or leave, or the end of their membership, with `close` of the whole
 * connection. With `takes`, a process makes a change late that a session had there: it is as old as the process that
 * had taken the session so many times.
 */
export type SocketAction =
  | readonly [kind: 'join' | 'leave', rooms: readonly Room[], takes?: number | undefined]
  | readonly [kind: 'disconnect', close: boolean, takes?: undefined];

/** The facts about a socket that other nodes get. */
export interface SocketFacts {
  readonly id: SocketId;
  readonly handshake: Handshake;
  readonly rooms: readonly Room[];
  readonly data: unknown;
}

/** The sockets of other nodes, and the nodes that did not answer. */
export interface FarSockets {
  readonly found: readonly SocketFacts[];
  readonly missing: readonly NodeCode[];
  /** Why the home of the log cannot be used, if that is why nodes are missing. */
  readonly unusable?: Error | undefined;
}

/** The sockets of a target: those of this node, those of other nodes, and the nodes that did not answer. */
export interface Fetched<S> extends FarSockets {
  readonly near: readonly S[];
}

/** Receives the answers to a broadcast that asks for acknowledgements. */
export interface AnswerHandler {
  /**
   * Called once with the number of sockets that were asked, on all nodes. `missing` are the nodes that did not say.
   * Some answers may come before that.
   */
  onAsked(count: number, missing?: readonly NodeCode[]): void;
  /** Called for each answer, with its arguments. */
  onAnswer(args: readonly unknown[]): void;
}

/**
 * Returns the error for an answer that lacks nodes. `more` are the answers so far, under the name that callers expect.
 * `unusable` says why the home cannot carry questions.
 */
export function unanswered<More extends object>(
  missing: readonly NodeCode[],
  more: More,
  unusable?: Error,
): UnavailableError & More {
  const error = unusable ? notUsed(unusable) : new UnavailableError('TIMEOUT', silence(missing));
  return Object.assign(error, more, { missing });
}

function silence(missing: readonly NodeCode[]): string {
  if (missing.includes(UNKNOWN))
    return 'The other nodes are not known, because the home of the log has not answered yet. "io.backplane.state" tells when it does.';
  return `${missing.length === 1 ? 'a node' : `${missing.length} nodes`} did not answer: ${missing.join(', ')}`;
}
