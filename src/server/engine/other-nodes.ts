/** Leads requests for the sessions of other nodes to them, so that clients need no sticky routing. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { NodeCode } from '../../backplane/talk/talk.js';
import { parseQuery } from '../../session/handshake-request.js';
import { nodeOfSid } from '../../session/sid.js';
import type { RequestTarget } from './attach.js';

/**
 * The other nodes that this one can reach. Anybody can make a sid up, so the node that a sid names may not exist. `refuse` is called once if the
 * node cannot be reached, or ends before it answers.
 */
export interface OtherNodes {
  /** Passes a request on to the node of its session. */
  passRequest(node: NodeCode, request: IncomingMessage, response: ServerResponse, refuse: () => void): void;
  /** Passes an upgrade on to the node of its session. */
  passUpgrade(node: NodeCode, request: IncomingMessage, socket: Duplex, head: Buffer, refuse: () => void): void;
  /**
   * Gives the connection of an upgrade to the node of its session, with the bytes that were read from it. Returns `false` and does nothing if the
   * upgrade must be passed on. The other node refuses a session that it does not know.
   */
  handOver(node: NodeCode, socket: NetSocket, bytes: Buffer): boolean;
}

const known = new WeakMap<object, OtherNodes>();

/** Tells a server which other nodes it can reach. `undefined` for none. */
export function setOtherNodes(server: object, others: OtherNodes | undefined): void {
  if (others) known.set(server, others);
  else known.delete(server);
}

/**
 * Returns a target that passes the requests for sessions of other nodes on, and leaves all others to `target`. A request that was passed on
 * reaches the engine of its node directly, so it is never passed on twice.
 */
export function routed(server: { readonly node: NodeCode | undefined }, target: RequestTarget): RequestTarget {
  const ownerOf = ({ url = '' }: { readonly url?: string | undefined }): NodeCode | undefined => {
    const owner = nodeOfSid(parseQuery(url).sid);
    return owner === server.node ? undefined : owner;
  };
  return {
    ...target,
    handleRequest(request, response) {
      const others = known.get(server);
      const owner = others && ownerOf(request);
      if (!others || owner === undefined) target.handleRequest(request, response);
      else others.passRequest(owner, request, response, () => target.handleRequest(request, response));
    },
    handleUpgrade(request, socket, head) {
      const others = known.get(server);
      const owner = others && ownerOf(request);
      if (!others || owner === undefined) target.handleUpgrade(request, socket, head);
      else others.passUpgrade(owner, request, socket, head, () => target.handleUpgrade(request, socket, head));
    },
    takeUpgrade(head, socket, rest) {
      const others = known.get(server);
      const owner = others && ownerOf(head);
      if (!others || owner === undefined) return target.takeUpgrade?.(head, socket, rest) === true;
      return others.handOver(owner, socket, Buffer.concat([Buffer.from(head.text, 'latin1'), rest]));
    },
  };
}
