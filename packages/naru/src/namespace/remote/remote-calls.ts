/** The calls of one namespace that reach the sockets and listeners of other nodes. */
import type { Offset } from '../../backplane/backplane.js';
import { warnOfLaterVersion } from '../../backplane/formats.js';
import { TOLD_NAMES } from '../../backplane/own-records.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import { UnavailableError } from '../../base/errors.js';
import type { Answer } from '../../base/steps/answer.js';
import { readMark } from '../event/marks.js';
import type { Flags, Room, Target } from '../event/target.js';
import { type FarSockets, type SocketAction, type SocketFacts, unanswered } from '../socket/far-sockets.js';
import { ACT, readAction, readEvent, readFacts, readTarget } from './incoming.js';
import { ASK, type FarAnswerHandler, Questions, type RemoteAsker } from './questions.js';
import {
  REMOTE_WAIT_MS,
  type Remote,
  type RemoteAnswers,
  type RemoteHandler,
  type RemoteMessage,
  readAnswers,
} from './remote.js';

/** The part of a namespace that its calls use. */
export interface RemoteCallsContext extends RemoteAsker {
  readonly name: string;
  readonly remote: Remote;
  /** Returns the facts of the sockets of a target, which are connected to this node. */
  describe(target: Target): readonly SocketFacts[];
  /** Changes the sockets of a target at this place in the log. */
  actInPlace(target: Target, action: SocketAction, offset: Offset): void;
  /** Sends a volatile event to the sockets of a target of this node. */
  sendVolatile(target: Target, data: readonly unknown[]): void;
  /** Tells the other nodes something at this place of the program's order, through the log. */
  tell(message: readonly unknown[]): void;
  /** Calls the listeners of the namespace. */
  announce(name: string, args: readonly unknown[]): void;
}

/** A target as other nodes read it. */
type FarTarget = readonly [rooms: readonly Room[], except: readonly Room[], compress: boolean];

/** Reaches the other nodes for one namespace, and answers them. */
export class RemoteCalls implements RemoteHandler {
  readonly questions: Questions;
  readonly #context: RemoteCallsContext;

  constructor(context: RemoteCallsContext) {
    this.#context = context;
    this.questions = new Questions(context, (message) => context.tell(message));
  }

  /** Whether calls with these flags go to other nodes. */
  reaches(flags: Flags): boolean {
    const { remote } = this.#context;
    return flags.local !== true && (remote.others.length > 0 || remote.whenKnown() !== undefined);
  }

  /** Finds the sockets of a target that are connected to other nodes. */
  async fetch(target: Target): Promise<FarSockets> {
    const { answers, missing, unusable } = await this.#ask(['sockets', farOf(target)]);
    const { read, unread } = readAnswers(answers, readFacts);
    return { found: [...read.values()].flat(), missing: [...missing, ...unread], unusable };
  }

  /** Changes the sockets of a target on the other nodes, in order with the events in the log. */
  act(target: Target, action: SocketAction): void {
    this.#context.tell(actMessage(this.#context.remote.node, target, action));
  }

  /**
   * Asks the sockets of a target on the other nodes for acknowledgements. Returns the function that stops waiting, and
   * names the missing nodes.
   */
  ask(target: Target, data: readonly unknown[], handler: FarAnswerHandler): () => readonly NodeCode[] {
    return this.questions.ask(farOf(target), data, target.flags.timeout, handler);
  }

  /** Sends a volatile event to the sockets of a target on the other nodes. */
  sendVolatile(target: Target, data: readonly unknown[]): void {
    this.#context.remote.broadcast(this.#context.name, volatileMessage(target, data));
  }

  /** Calls the listeners of the other nodes for an event between servers. */
  emit(args: readonly unknown[]): void {
    this.#send(listenersMessage(args));
  }

  /**
   * Calls the listeners of the other nodes, and returns the first value with which each of them calls its
   * acknowledgement.
   */
  async emitWithAck(args: readonly unknown[]): Promise<unknown[]> {
    const { answers, missing, unusable } = await this.#ask(['emit', ...args]);
    const responses = [...answers.values()];
    if (missing.length > 0) {
      const error = unanswered(missing, { responses }, unusable);
      const count = `only ${responses.length} responses received out of ${responses.length + missing.length}`;
      // The beginning is Socket.IO's.
      if (!unusable) error.message = `timeout reached: ${count}; ${error.message}`;
      throw error;
    }
    return responses;
  }

  onMessage(from: NodeCode, [name, ...args]: RemoteMessage): void {
    if (name === 'emit') this.#announce(args);
    else if (name === 'volatile')
      this.#context.sendVolatile(withMark(readTarget(args[0]), args[2]), readEvent(args[1]));
    else this.questions.onMessage(from, name, args);
  }

  onQuestion(from: NodeCode, [name, ...args]: RemoteMessage): Answer<unknown> {
    if (name === 'sockets') return this.#context.describe(readTarget(args[0]));
    if (name === 'asked') return this.questions.onCount(from, args[0]);
    if (name !== 'emit')
      throw new UnavailableError('REFUSED', `a node asked for "${name}", which this one does not know`);
    return new Promise((resolve) => this.#announce([...args, resolve]));
  }

  onGone(node: NodeCode): void {
    this.questions.onGone(node);
  }

  /** Stops waiting for clients that other nodes asked for. */
  close(): void {
    this.questions.close();
  }

  /** Handles a record from another node, at its place in the log. */
  onTold([name, node, far, ...args]: readonly unknown[], offset: Offset): void {
    if (node === this.#context.remote.node) return;
    if (name === ASK) {
      this.questions.onTold(String(node), readTarget(far), args);
      return;
    }
    const action = name === ACT ? readAction(args) : undefined;
    if (action) this.#context.actInPlace(readTarget(far), action, offset);
    else if (name === ACT || !TOLD_NAMES.has(name))
      warnOfLaterVersion(`a message "${String(name).slice(0, 50)}" to all processes`);
  }

  #announce(data: readonly unknown[]): void {
    const [name, ...args] = readEvent(data);
    this.#context.announce(String(name), args);
  }

  #send(message: RemoteMessage): void {
    this.#context.remote.send(this.#context.name, message);
  }

  #ask(question: RemoteMessage): Promise<RemoteAnswers> {
    return this.#context.remote.ask(this.#context.name, question, REMOTE_WAIT_MS);
  }
}

/** Returns the message of a node, or of `NOBODY`, that changes the sockets of a target. It goes through the log. */
export function actMessage(node: NodeCode, target: Target, action: SocketAction): readonly unknown[] {
  return [ACT, node, farOf(target), ...action];
}

/** Returns the message that sends a volatile event to the sockets of a target. It goes by talk. */
export function volatileMessage(target: Target, data: readonly unknown[]): RemoteMessage {
  const { mark } = target.flags;
  // A node that does not know marks passes over the third argument.
  return mark === undefined ? ['volatile', farOf(target), data] : ['volatile', farOf(target), data, mark];
}

function withMark(target: Target, given: unknown): Target {
  const mark = readMark(given);
  return mark === undefined ? target : { ...target, flags: { ...target.flags, mark } };
}

/** Returns the message that calls the listeners of the nodes for an event between servers. It goes by talk. */
export function listenersMessage(event: readonly unknown[]): RemoteMessage {
  return ['emit', ...event];
}

/** Returns a target for other nodes. */
export function farOf({ rooms, except, flags }: Target): FarTarget {
  return [[...rooms], [...except], flags.compress !== false];
}
