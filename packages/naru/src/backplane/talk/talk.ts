/** The contract of talk: messages and questions between the nodes that share a backplane, beside the log. */
import type { Bytes } from '../../base/bytes.js';

/**
 * Names one run of a server among those that share a backplane: eight random characters of base64url. Codes are never
 * used again.
 */
export type NodeCode = string;

/** Receives what the other nodes say. */
export interface TalkHandler {
  /** Called with a message of another node. */
  onMessage(from: NodeCode, namespace: string, message: Bytes): void;
  /**
   * Called with a question of another node. Returns the answer. The node counts as missing if the answer is
   * `undefined`, or if this throws or rejects.
   */
  onQuestion(from: NodeCode, namespace: string, question: Bytes): Bytes | undefined | Promise<Bytes | undefined>;
  /** Called when another node is there that was not known before. */
  onHere?(node: NodeCode): void;
  /**
   * Called when another node is gone. It has left, or it is lost: its process has ended, or nothing reaches it. A lost
   * node can come back.
   */
  onGone?(node: NodeCode, isLost: boolean): void;
}

/** The answers to a question. */
export interface Replies {
  readonly answers: ReadonlyMap<NodeCode, Bytes>;
  /** The nodes that were asked and did not answer, because they ended, failed, or took too long. */
  readonly missing: readonly NodeCode[];
}

/** A node that takes part. */
export interface TalkMember {
  readonly node: NodeCode;
  /** The other nodes that are known by now. */
  readonly others: readonly NodeCode[];
  /**
   * Resolves once every process that was there when this one began has said which nodes it has, at the latest after
   * `timeoutMs`. Gives the names of the processes that have not. Gives `undefined` when all have spoken. Without this
   * method, `others` is always complete.
   */
  whenKnown?(timeoutMs: number): Promise<readonly NodeCode[]> | undefined;
  /** Sends a message to all other nodes, or to those in `nodes`. Throws ConfigError above 64 MiB. */
  publish(namespace: string, message: Bytes, nodes?: readonly NodeCode[]): void;
  /** From now on, this node gets what others broadcast to a namespace. Returns the function that ends this. */
  hear(namespace: string): () => void;
  /**
   * Resolves when this node gets what others broadcast to a namespace that it hears. It settles never while the others
   * cannot be reached. Without this method, `hear` takes effect at once.
   */
  whenHeard?(namespace: string): Promise<void> | undefined;
  /**
   * Sends a message to all other nodes that hear the namespace. It waits for nothing, so it is lost while the nodes are
   * not connected. Throws ConfigError above 64 MiB.
   */
  broadcast(namespace: string, message: Bytes): void;
  /**
   * Asks all other nodes, or those in `nodes`. Resolves when each has answered or is missing, at the latest after
   * `timeoutMs`. A process that has just begun waits for the others before that, for a second at most. Throws
   * ConfigError above 64 MiB.
   */
  ask(namespace: string, question: Bytes, timeoutMs: number, nodes?: readonly NodeCode[]): Promise<Replies>;
  /** Ends the part of this node. Its open questions resolve, and every node that has not answered is missing. */
  leave(): void;
}

/** Counts what a process did not say, and what it did not take from others. */
export interface TalkLosses {
  /** Messages that this process gave up, because it had no link for too long, or too much to say. */
  readonly unsaid: number;
  /** Frames that break the rules of the format. */
  readonly unreadable: number;
  /** Frames of a later version. */
  readonly later: number;
  /** Frames of an earlier link, or of a node that has left. */
  readonly outdated: number;
  /** Messages of which pieces were lost. */
  readonly incomplete: number;
}

/**
 * Talk between nodes. Guarantees: a message reaches a node at most once. Broadcasts to a namespace arrive in the order
 * of sending, and so do all other messages, while the two nodes are connected. A node that leaves while it is asked is
 * missing at once.
 */
export interface Talk {
  /** The losses so far. Absent if a connection that breaks is the only way to lose a message. */
  readonly losses?: TalkLosses;
  /** Whether servers take part that do not share the log, so that they get events by talk. @default false */
  readonly hasCarriers?: boolean;
  join(handler: TalkHandler): TalkMember;
  /**
   * Sends a message to all nodes as `NOBODY`, without joining them; with `isBroadcast`, to those that hear the
   * namespace. Resolves when it is on its way. Rejects with ConfigError above 64 MiB, and with UnavailableError if
   * nobody takes it. Absent if only nodes can send.
   */
  publish?(namespace: string, message: Bytes, isBroadcast: boolean): Promise<void>;
}
