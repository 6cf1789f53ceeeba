/** The calls of one namespace that reach the sockets and listeners of other nodes. */
import type { Offset } from '../../backplane/backplane.js';
import { warnOfLaterVersion } from '../../backplane/formats.js';
import { TOLD_NAMES } from '../../backplane/own-records.js';
import type { NodeCode } from '../../backplane/talk/talk.js';
import { UnavailableError } from '../../base/errors.js';
import { type Answer, after, inTime, unlessThere } from '../../base/steps/answer.js';
import { readMark } from '../event/marks.js';
import type { Flags, Room, Target } from '../event/target.js';
import { type FarSockets, type SocketAction, type SocketFacts, unanswered } from '../socket/far-sockets.js';
import type { FarNodes } from './bridge.js';
import { ACT, readAction, readEvent, readFacts, readServerEvent, readTarget } from './incoming.js';
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
  /** Whether the nodes share no log of the namespace. */
  readonly isCarried: boolean;
  /** Delivers an event of another node, which no shared log has, to the sockets of a target of this node. */
  deliver(target: Target, data: readonly unknown[]): void;
  /** Tells the other nodes something at this place of the program's order. */
  tell(message: readonly unknown[]): void;
  /** Takes what another node tells. */
  onTold(message: readonly unknown[]): void;
  /** Calls the listeners of the namespace. */
  announce(name: string, args: readonly unknown[]): void;
}

/** The name of an event that the nodes have in no shared log, and of what a node tells of such a namespace. */
const EVENT = 'event';
const TOLD = 'told';
/** The name of a message that stands in the log, too. It is for nodes that do not share the log. */
const LOGGED = 'logged';

/** Milliseconds for which a client waits until this node hears the others. */
const HEARING_MS = 1_000;

/** A target as other nodes read it. */
type FarTarget = readonly [rooms: readonly Room[], except: readonly Room[], compress: boolean, trace?: string];

/** Reaches the other nodes for one namespace, and answers them. */
export class RemoteCalls implements RemoteHandler, FarNodes {
  readonly questions: Questions;
  readonly #context: RemoteCallsContext;
  /** Ends the hearing of what the other nodes send beside a log. */
  #endHearing: (() => void) | undefined;
  /** Whether the hearing has begun, and those who wait for that. */
  #isHeard = false;
  #hearing: Promise<void> | undefined;

  constructor(context: RemoteCallsContext) {
    this.#context = context;
    this.questions = new Questions(context, (message) => context.tell(message));
  }

  /** The code of this node. */
  get node(): NodeCode {
    return this.#context.remote.node;
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

  /** Sends an event to the sockets of a target on the other nodes that do not find it in the log. */
  sendEvent(target: Target, data: readonly unknown[]): void {
    this.#carry(eventMessage(target, data));
  }

  /** Tells something to the other nodes that do not find it in the log, in order with the events. */
  carry(message: readonly unknown[]): void {
    if (this.reaches({})) this.#carry(toldMessage(message));
  }

  /** Hears what the other nodes send beside a log, until `close`. Resolves when this has begun, or after a second. */
  hear(): Answer<void> {
    const { remote, name, clock } = this.#context;
    this.#endHearing ??= remote.hear(name);
    if (this.#isHeard) return undefined;
    if (this.#hearing) return this.#hearing;
    const heard = after(inTime(clock, remote.whenHeard(name), HEARING_MS), (outcome) => {
      this.#hearing = undefined;
      this.#isHeard = outcome !== undefined && this.#endHearing !== undefined;
    });
    return unlessThere(heard, (coming) => {
      this.#hearing = coming;
    });
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
    else if (name === 'volatile') this.#context.sendVolatile(withFlags(readTarget(args[0]), args), readEvent(args[1]));
    else if (name === EVENT) this.#context.deliver(withFlags(readTarget(args[0]), args), readEvent(args[1]));
    else if (name === TOLD) this.#context.onTold(args);
    else if (name !== LOGGED) this.questions.onMessage(from, name, args);
    else if (this.#context.isCarried && args[0] !== LOGGED) this.onMessage(from, args as unknown as RemoteMessage);
  }

  onQuestion(from: NodeCode, [name, ...args]: RemoteMessage): Answer<unknown> {
    if (name === 'sockets') return this.#context.describe(readTarget(args[0]));
    if (name === 'asked') return this.questions.onCount(from, args[0], args[1]);
    if (name !== 'emit')
      throw new UnavailableError('REFUSED', `a node asked for "${name}", which this one does not know`);
    return new Promise((resolve) => this.#announce([...args, resolve]));
  }

  onGone(node: NodeCode): void {
    this.questions.onGone(node);
  }

  /** Stops hearing, and stops waiting for clients that other nodes asked for. */
  close(): void {
    this.#endHearing?.();
    this.#endHearing = undefined;
    this.#isHeard = false;
    this.questions.close();
  }

  /** Handles a record from another node, at its place in the log, or a message that stands for one. */
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

  #carry(message: RemoteMessage): void {
    const { remote, name, isCarried } = this.#context;
    remote.broadcast(name, isCarried ? message : [LOGGED, ...message]);
  }

  #announce(data: readonly unknown[]): void {
    const [name, ...args] = readServerEvent(data);
    this.#context.announce(String(name), args);
  }

  #send(message: RemoteMessage): void {
    this.#context.remote.send(this.#context.name, message);
  }

  #ask(question: RemoteMessage): Promise<RemoteAnswers> {
    return this.#context.remote.ask(this.#context.name, question, REMOTE_WAIT_MS);
  }
}

/**
 * Returns the message of a node, or of `NOBODY`, that changes the sockets of a target. It goes through the log. A
 * bridge says by `origin` which message of which node asked for it. Nodes pass over that.
 */
export function actMessage(node: NodeCode, target: Target, action: SocketAction, origin?: string): readonly unknown[] {
  return [ACT, node, farOf(target), ...action, ...(origin === undefined ? [] : [origin])];
}

/** Returns the message that sends a volatile event to the sockets of a target. It goes by talk. */
export function volatileMessage(target: Target, data: readonly unknown[]): RemoteMessage {
  const { mark } = target.flags;
  // A node that does not know marks passes over the third argument.
  return mark === undefined ? ['volatile', farOf(target), data] : ['volatile', farOf(target), data, mark];
}

/** Returns the message that sends an event which no shared log has. It goes by talk. */
export function eventMessage(target: Target, data: readonly unknown[]): RemoteMessage {
  const { mark, key, by } = target.flags;
  const isPlain = mark === undefined && key === undefined && by === undefined;
  return isPlain ? [EVENT, farOf(target), data] : [EVENT, farOf(target), data, mark, key, by];
}

/** Returns the message that stands for a told record. It goes by talk. */
export function toldMessage(message: readonly unknown[]): RemoteMessage {
  return [TOLD, ...message];
}

/** Returns a target with the mark, the key and the person that stand after the data of an event. */
function withFlags(target: Target, [, , given, key, by]: readonly unknown[]): Target {
  const mark = readMark(given);
  const texts = { ...(typeof key === 'string' && { key }), ...(typeof by === 'string' && { by }) };
  return { ...target, flags: { ...target.flags, ...(mark !== undefined && { mark }), ...texts } };
}

/** Returns the message that calls the listeners of the nodes for an event between servers. It goes by talk. */
export function listenersMessage(event: readonly unknown[]): RemoteMessage {
  return ['emit', ...event];
}

/** Returns a target for other nodes. */
export function farOf({ rooms, except, flags: { compress, trace } }: Target): FarTarget {
  const far = [[...rooms], [...except], compress !== false] as const;
  return trace === undefined ? far : [...far, trace];
}
