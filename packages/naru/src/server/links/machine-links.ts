/**
 * The links of one server to the others that share its backplane. They have a secret and find each other by the table
 * of nodes. A server without an address, or with another secret, gets its requests by talk.
 */
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Bytes } from '../../base/bytes.js';
import { UnavailableError } from '../../base/errors.js';
import type { RequestTaker, ServerCalls } from '../../namespace/remote/server-calls.js';
import type { PollingSettings } from '../../transport/polling/settings.js';
import type { RequestTarget } from '../engine/attach.js';
import { readLinkAddress } from '../options/links-options.js';
import type { BaseServerSettings } from '../options/options.js';
import { LinkServer } from './link-server.js';
import { NodeAddresses } from './node-addresses.js';
import { routed, setOtherNodes } from './other-nodes.js';
import { Passing, type Ways } from './passing.js';
import { isOtherKey, keyOf, type LinkKeys } from './pre-shared-key.js';
import { type TalkBounds, TalkLinks } from './talk-links.js';

/** The server that has the links. */
export interface LinkedServer {
  readonly node: NodeCode | undefined;
  readonly engine: RequestTarget & { readonly polling: PollingSettings };
}

/** The settings of a server that its links use. */
type MachineLinksSettings = Pick<BaseServerSettings, 'clock' | 'links' | 'pingInterval' | 'pingTimeout'>;

/** Milliseconds between two reports that an unknown program wants a link. */
const REPORT_MS = 60_000;
/** Nodes whose failure is remembered, so that it is not reported again. */
const FAILED_MAX = 1_000;

/** The reason why two nodes have no link, what that means, and what to do. */
const OTHER_SECRET =
  'it does not accept the secret of this server. Polls go through the backplane, and upgrades are refused. ' +
  'Give all servers the same option "links.secret"; docs/clusters.md says how to change it';

/** The links of one server. They can be opened again after `close`. */
export class MachineLinks implements RequestTaker {
  readonly #server: LinkedServer;
  readonly #talk: TalkLinks;
  /** The keys of the secrets. `undefined` without a secret. */
  readonly #keys: LinkKeys | undefined;
  readonly #settings: MachineLinksSettings;
  readonly #bounds: TalkBounds;
  readonly #onError: (error: UnavailableError) => void;
  readonly #addresses: NodeAddresses;
  /**
   * The nodes that could not be reached, from the first failure to the next success, and whether their secrets were the
   * reason.
   */
  readonly #failed = new Map<NodeCode, boolean>();
  #passing: Passing | undefined;
  #listener: LinkServer | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;

  /** `onError` is told of links that fail for another reason than the end of a node. */
  constructor(
    server: LinkedServer,
    others: ServerCalls,
    settings: MachineLinksSettings,
    onError: (error: UnavailableError) => void,
  ) {
    this.#server = server;
    const { clock, links, pingInterval, pingTimeout } = settings;
    // A client is silent for at most both times together, on any transport.
    this.#bounds = { answerMsMax: pingInterval + pingTimeout };
    this.#keys = links.secret?.map(keyOf) as LinkKeys | undefined;
    this.#settings = settings;
    this.#onError = onError;
    this.#addresses = new NodeAddresses(clock, () => others.nodes.list());
    this.#talk = new TalkLinks(others, clock, () => server.engine.polling, this.#bounds);
  }

  /** Resolves when the server listens for links. Rejects with UnavailableError if it cannot. */
  get ready(): Promise<void> | undefined {
    return this.#listener?.ready;
  }

  /** Listens at the address, and passes requests on from now on. Does nothing while the links are open. */
  open(): void {
    if (this.#passing) return;
    const { clock, links } = this.#settings;
    const ways: Ways = {
      find: (node, found) => this.#find(node, found),
      onDialled: (node, error) => this.#onDialled(node, error),
    };
    this.#passing = new Passing(ways, clock, this.#bounds);
    const stopListening = (): void => this.#listener?.stopListening();
    setOtherNodes(this.#server, { machines: this.#passing, stopListening });
    const address = readLinkAddress(links.address);
    const keys = this.#keys;
    // The engine may be another one after the server was closed.
    const route = routed(this.#server, () => this.#server.engine, true);
    this.#listener = new LinkServer(
      address && keys && { ...address, keys },
      () => route,
      (error, from) => this.#onRefused(error, from),
    );
    this.#listener.ready.catch((error: UnavailableError) => this.#onError(error));
  }

  /**
   * Answers a request that another node has passed on by talk. Resolves with `undefined` if it gets no whole answer.
   */
  answer(from: NodeCode, id: number, request: Bytes): Promise<Bytes | undefined> {
    return new Promise((resolve) => {
      if (this.#listener) this.#listener.answer(`${from} ${id}`, request, resolve);
      else resolve(undefined);
    });
  }

  /** Ends a request that another node has passed on by talk, because its client has gone. */
  drop(from: NodeCode, id: number): void {
    this.#listener?.drop(`${from} ${id}`);
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

  /** Finds the address of a node. A node without one, or with another secret, is asked by talk, if it is there. */
  #find(node: NodeCode, found: Parameters<Ways['find']>[1]): void {
    const key = this.#failed.get(node) ? undefined : this.#keys?.[0];
    const isKnown = !key && this.#talk.knows(node) === true;
    if (isKnown) found(this.#talk);
    else
      this.#addresses.find(node, (listed) => {
        if (key && listed?.address) found({ ...listed.address, key });
        else void this.#talk.canAsk(node, listed?.startedAt).then((can) => found(can ? this.#talk : undefined));
      });
  }

  #onDialled(node: NodeCode, error: (Error & { code?: string }) | undefined): void {
    if (!error) {
      this.#failed.delete(node);
      return;
    }
    const hasOtherSecret = isOtherKey(error);
    if (this.#failed.get(node) === hasOtherSecret) return;
    if (this.#failed.size >= FAILED_MAX) this.#failed.clear();
    this.#failed.set(node, hasOtherSecret);
    // The node may have ended after the table was read. That is not a failure of the link.
    this.#addresses.findAgain(node, (listed) => {
      const address = listed?.address;
      if (!address || !this.#passing) {
        this.#failed.delete(node);
        return;
      }
      const place = `the node ${node} at ${address.host}, port ${address.port}`;
      if (hasOtherSecret) this.#report(`There is no link to ${place}: ${OTHER_SECRET}`, error);
      else this.#report(`Requests cannot be passed on to ${place}: ${error.message}`, error);
    });
  }

  /** Reports a node with another secret. Anybody else who can reach the address may send anything. */
  #onRefused(error: Error & { code?: string }, from: string): void {
    const now = this.#settings.clock.now();
    if (!isOtherKey(error) || now < this.#reportedAt + REPORT_MS) return;
    this.#reportedAt = now;
    this.#report(
      `A link from ${from} was refused, because its secret is none of "links.secret". Give all servers the same secrets; docs/clusters.md says how to change them`,
      error,
    );
  }

  #report(message: string, cause: Error): void {
    this.#onError(new UnavailableError('IO_FAILED', message, cause));
  }
}
