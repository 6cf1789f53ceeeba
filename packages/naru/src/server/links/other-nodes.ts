/** Leads requests for the sessions of other nodes to them, so that clients need no sticky routing. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { UpgradeHead } from '../../protocol/http/upgrade-head.js';
import { parseQuery } from '../../session/handshake-request.js';
import { nodeOfSid } from '../../session/sid.js';
import type { RequestTarget } from '../engine/attach.js';
import { dropFacts, hasFacts } from './client-facts.js';

/**
 * The other nodes that this one can reach. Anybody can make a sid up, so the node that a sid names may not exist.
 * `refuse` is called once if the node cannot be reached, or ends before it answers.
 */
export interface OtherNodes {
  /** Passes a request on to the node of its session. */
  passRequest(node: NodeCode, request: IncomingMessage, response: ServerResponse, refuse: () => void): void;
  /** Passes an upgrade on to the node of its session. */
  passUpgrade(node: NodeCode, request: IncomingMessage, socket: Duplex, head: Buffer, refuse: () => void): void;
}

/** The other workers of the same program. */
export interface OtherWorkers extends OtherNodes {
  /** Whether a node is one of them. */
  has(node: NodeCode): boolean;
  /**
   * Gives the connection of an upgrade to the node of its session, with the bytes that were read from it. Returns
   * `false` and does nothing if the upgrade must be passed on. The other node refuses a session that it does not know.
   */
  handOver(node: NodeCode, socket: NetSocket, bytes: Buffer): boolean;
}

/** The nodes that one server can reach: the workers of its program, and the nodes that share its secret. */
interface Reach {
  readonly workers?: OtherWorkers | undefined;
  readonly machines?: OtherNodes | undefined;
  /** Takes no new links from other machines any more. Those that are open end with their next answer. */
  readonly stopListening?: (() => void) | undefined;
  /** Whether the server takes no new connections any more. */
  readonly isLeaving?: boolean;
}

/** The node of a session, and who reaches it. */
interface Way {
  readonly owner: NodeCode;
  readonly others: OtherNodes;
  /** The other workers, if the node of the session is one of them. */
  readonly workers: OtherWorkers | undefined;
}

const known = new WeakMap<object, Reach>();

/** Tells a server which other nodes it can reach. It forgets those that are `undefined`. */
export function setOtherNodes(server: object, reach: Reach): void {
  known.set(server, { ...known.get(server), ...reach });
}

/**
 * Takes no new links from other machines any more, because another worker takes them. Open connections of clients end
 * with their next answer, so that the next request on them reaches another worker, too.
 */
export function leave(server: object): void {
  setOtherNodes(server, { isLeaving: true });
  known.get(server)?.stopListening?.();
}

/**
 * Returns a target that passes the requests for sessions of other nodes on, and leaves all others to the target that
 * `target` returns then. With
 * `isFromMachine`, the requests were passed on by another machine already, and go to another worker of this program at
 * most. A worker that gets such a request gives it to its engine directly. So no request can go round in a circle. The
 * header of the links means nothing in a request of a client, so nobody sees it.
 */
export function routed(
  server: { readonly node: NodeCode | undefined },
  target: () => RequestTarget,
  isFromMachine = false,
): RequestTarget {
  /** Returns the node of a request's session and the way to it, or `undefined` for a request that belongs here. */
  const wayOf = ({ url = '' }: { readonly url?: string | undefined }): Way | undefined => {
    const reach = known.get(server);
    const owner = reach && nodeOfSid(parseQuery(url).sid);
    if (!reach || owner === undefined || owner === server.node) return undefined;
    const { workers, machines } = reach;
    const isNear = isFromMachine || !machines || workers?.has(owner);
    const others = isNear ? workers : machines;
    return others && { owner, others, workers: isNear ? workers : undefined };
  };
  const clean = (request: IncomingMessage): void => {
    if (!isFromMachine && known.has(server)) dropFacts(request);
  };
  // Node reads a head with the header, so that it can be removed.
  const isClean = (head: UpgradeHead): boolean => !known.has(server) || !hasFacts(head.text);
  return {
    handleRequest(request, response) {
      clean(request);
      if (known.get(server)?.isLeaving) response.shouldKeepAlive = false;
      const way = wayOf(request);
      const here = (): void => target().handleRequest(request, response);
      if (way) way.others.passRequest(way.owner, request, response, here);
      else here();
    },
    handleUpgrade(request, socket, head) {
      clean(request);
      const way = wayOf(request);
      const here = (): void => target().handleUpgrade(request, socket, head);
      if (way) way.others.passUpgrade(way.owner, request, socket, head, here);
      else here();
    },
    takeUpgrade(head, socket, rest) {
      if (!isClean(head)) return false;
      const way = wayOf(head);
      if (!way) return target().takeUpgrade?.(head, socket, rest) === true;
      return way.workers?.handOver(way.owner, socket, Buffer.concat([Buffer.from(head.text, 'latin1'), rest])) === true;
    },
    takeStream: (head, socket) => isClean(head) && target().takeStream?.(head, socket) === true,
  };
}
