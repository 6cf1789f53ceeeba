/** The links of one server to servers on other machines, which share a secret and find each other by the table of nodes. */
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Clock } from '../../base/clock.js';
import { UnavailableError } from '../../base/errors.js';
import type { NodeInfo } from '../../namespace/remote/nodes.js';
import type { RequestTarget } from '../engine/attach.js';
import { routed, setOtherNodes } from '../engine/other-nodes.js';
import type { LinksSettings } from '../options/links-options.js';
import type { MachinePlace } from './dial.js';
import { LinkServer } from './link-server.js';
import { NodeAddresses, readLinkAddress } from './node-addresses.js';
import { Passing } from './passing.js';
import { isOtherKey, keyOf } from './pre-shared-key.js';

/** The server that has the links. */
export interface LinkedServer {
  readonly node: NodeCode | undefined;
  readonly engine: RequestTarget;
  /** Reads the table of nodes. */
  fetchNodes(): Promise<readonly NodeInfo[]>;
}

/** The settings of a server that its links use. */
export interface MachineLinksSettings {
  readonly clock: Clock;
  readonly links: LinksSettings;
  /** A client is silent for at most this time and the next one, on any transport. */
  readonly pingInterval: number;
  readonly pingTimeout: number;
}

/** Milliseconds between two reports that an unknown program wants a link. */
const REPORT_MS = 60_000;
/** Nodes whose failure is remembered, so that it is not reported again. */
const FAILED_MAX = 1_000;

/** The links of one server. They can be opened again after `close`. */
export class MachineLinks {
  readonly #server: LinkedServer;
  readonly #key: Buffer;
  readonly #settings: MachineLinksSettings;
  readonly #onError: (error: UnavailableError) => void;
  readonly #addresses: NodeAddresses;
  /** The nodes that could not be reached, from the first failure to the next success. */
  readonly #failed = new Set<NodeCode>();
  #passing: Passing | undefined;
  #listener: LinkServer | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;

  /** Returns the links of a server, or `undefined` for a server without the option. */
  static of(
    server: LinkedServer,
    settings: MachineLinksSettings,
    onError: (error: UnavailableError) => void,
  ): MachineLinks | undefined {
    const { secret } = settings.links;
    return secret === undefined ? undefined : new MachineLinks(server, keyOf(secret), settings, onError);
  }

  /** `onError` is told of links that fail for another reason than the end of a node. */
  constructor(
    server: LinkedServer,
    key: Buffer,
    settings: MachineLinksSettings,
    onError: (error: UnavailableError) => void,
  ) {
    this.#server = server;
    this.#key = key;
    this.#settings = settings;
    this.#onError = onError;
    this.#addresses = new NodeAddresses(settings.clock, () => server.fetchNodes());
  }

  /** Resolves when the server listens for links. Rejects with UnavailableError if it cannot. */
  get ready(): Promise<void> | undefined {
    return this.#listener?.ready;
  }

  /** Listens at the address, and passes requests on from now on. Does nothing while the links are open. */
  open(): void {
    if (this.#passing) return;
    const { clock, links, pingInterval, pingTimeout } = this.#settings;
    const ways = {
      find: (node: NodeCode, found: (place: MachinePlace | undefined) => void): void =>
        this.#addresses.find(node, (address) => found(address && { ...address, key: this.#key })),
      onDialled: (node: NodeCode, error: Error | undefined): void => this.#onDialled(node, error),
    };
    const passing = new Passing(ways, clock, { answerMsMax: pingInterval + pingTimeout });
    this.#passing = passing;
    setOtherNodes(this.#server, {
      machines: {
        passRequest: (...args) => passing.passRequest(...args),
        passUpgrade: (...args) => passing.passUpgrade(...args),
        stopListening: () => this.#listener?.stopListening(),
      },
    });
    const address = readLinkAddress(links.address);
    if (address) this.#listen({ ...address, key: this.#key });
  }

  /** Ends all links. */
  close(): void {
    setOtherNodes(this.#server, { machines: undefined });
    this.#passing?.close();
    this.#passing = undefined;
    this.#addresses.close();
    this.#listener?.close();
    this.#listener = undefined;
  }

  #listen(place: MachinePlace): void {
    const server = this.#server;
    // The engine may be another one after the server was closed.
    const target: RequestTarget = {
      handleRequest: (request, response) => server.engine.handleRequest(request, response),
      handleUpgrade: (request, socket, head) => server.engine.handleUpgrade(request, socket, head),
    };
    const route = routed(server, target, true);
    const listener = new LinkServer(
      place,
      () => route,
      (error, from) => this.#onRefused(error, from),
    );
    listener.ready.catch((error: UnavailableError) => this.#onError(error));
    this.#listener = listener;
  }

  #onDialled(node: NodeCode, error: (Error & { code?: string }) | undefined): void {
    if (!error) {
      this.#failed.delete(node);
      return;
    }
    if (this.#failed.has(node)) return;
    if (this.#failed.size >= FAILED_MAX) this.#failed.clear();
    this.#failed.add(node);
    // The node may have ended after the table was read. That is not a failure of the link.
    this.#addresses.findAgain(node, (address) => {
      if (!address || !this.#passing) {
        this.#failed.delete(node);
        return;
      }
      const place = `the node ${node} at ${address.host}, port ${address.port}`;
      const reason = isOtherKey(error)
        ? `it has another secret. Give all servers the same option "links.secret"`
        : error.message;
      this.#report(`Requests cannot be passed on to ${place}: ${reason}`, error);
    });
  }

  /** Reports a node with another secret. Anybody else who can reach the address may send anything. */
  #onRefused(error: Error & { code?: string }, from: string): void {
    const now = this.#settings.clock.now();
    if (!isOtherKey(error) || now < this.#reportedAt + REPORT_MS) return;
    this.#reportedAt = now;
    this.#report(`A link from ${from} was refused, because the secrets differ. Check the option "links.secret"`, error);
  }

  #report(message: string, cause: Error): void {
    this.#onError(new UnavailableError('IO_FAILED', message, cause));
  }
}
