/**
 * The methods that a server and a namespace share: middleware, permissions, policies, history, presence and broadcasts.
 */

import { Emitter } from '../base/emitter.js';
import { ConfigError } from '../base/errors.js';
import type {
  AllButLast,
  DecorateAcknowledgementsWithMultipleResponses,
  DecorateAcknowledgementsWithTimeoutAndMultipleResponses,
  EventNames,
  EventNamesWithAck,
  EventNamesWithoutAck,
  EventParams,
  EventsMap,
  FirstNonErrorArg,
  Last,
} from '../base/event-map.js';
import type { EraseWish, Erasures, RetainOptions } from './erasure/erasures.js';
import type { Room } from './event/target.js';
import type { History, HistoryPage, HistoryQuery } from './history/history.js';
import type { PermissionRules } from './permissions/permissions.js';
import type { PresenceOptions, PresenceRooms, RoomPresence } from './presence/room-presence.js';
import type { FarListeners } from './remote/bridge.js';
import { EVERYBODY } from './rooms.js';
import type { SlowArguments } from './slow-policies/namespace-policies.js';
import type { SlowPolicy } from './slow-policies/policy.js';
import {
  Aiming,
  BroadcastOperator,
  type BroadcastScope,
  type BroadcastSocket,
  type RemoteSocket,
  type ScopeSource,
  Targeting,
} from './socket/broadcast.js';
import type { NamespaceMiddleware } from './socket/middleware.js';
import { checkServerEventName } from './socket/reserved.js';

/** The parts of a namespace that do the work of an audience's methods. */
export interface AudienceParts<Member> {
  /** The events that were sent to the rooms. */
  readonly past: Pick<History, 'read'>;
  /** Erases events, and sets how long the log keeps them. */
  readonly erasures: Pick<Erasures, 'erase' | 'retain'>;
  /** The presence of the rooms. */
  readonly presences: PresenceRooms<Member> & {
    of(room: Room, options?: PresenceOptions, rooms?: () => PresenceRooms<Member>): RoomPresence<Member>;
  };
  /** Reaches the listeners of other nodes, if there may be some. */
  readonly reach: { readonly listeners: FarListeners | undefined };
}

/** The rules and policies of a namespace, or of a server's main namespace. */
export interface AudienceSettings<Member> {
  allow(rules: PermissionRules<Member>): void;
  slow(...args: SlowArguments): void;
}

// biome-ignore-start lint/correctness/noUnusedVariables: the two halves have to name the same parameters
// biome-ignore-start lint/suspicious/noUnsafeDeclarationMerging: the methods of the operator are put on the prototype below
/** The methods of an operator, whose target is everybody in the namespace. */
export interface Audience<Emit extends EventsMap, Side extends EventsMap, Data, Member, Reserved extends EventsMap>
  extends Targeting<DecorateAcknowledgementsWithMultipleResponses<Emit>, Data> {
  /** Sends an event to everybody. Set a `timeout` first if the event asks for acknowledgements. */
  emit<Name extends EventNamesWithoutAck<Emit>>(name: Name, ...args: EventParams<Emit, Name>): boolean;
  /** Sends a `message` event to everybody. */
  send(...args: EventParams<Emit, 'message'>): this;
  /** Sends a `message` event to everybody, as `send` does. */
  write(...args: EventParams<Emit, 'message'>): this;
  /** Returns all sockets, to inspect them or act on them. */
  fetchSockets(): Promise<RemoteSocket<Emit, Data>[]>;
}

/**
 * A server or a namespace. `Emit` are the events for clients, `Side` the events between servers, `Member` is the type
 * of the sockets, and `Reserved` are the events that the server or namespace emits itself.
 */
export abstract class Audience<
  Emit extends EventsMap,
  Side extends EventsMap,
  Data,
  Member,
  Reserved extends EventsMap,
> extends Emitter<Side, Reserved> {
  // biome-ignore-end lint/correctness/noUnusedVariables: see above
  // biome-ignore-end lint/suspicious/noUnsafeDeclarationMerging: see above
  /** Carries out the broadcasts. @internal */
  abstract readonly scope: BroadcastScope<BroadcastSocket>;
  /** The parts of the namespace itself, or of a server's main namespace. @internal */
  abstract readonly parts: AudienceParts<Member>;
  /** Takes the rules and policies. @internal */
  abstract readonly settings: AudienceSettings<Member>;
  /** The middleware that new sockets must pass. @internal */
  abstract readonly middleware: NamespaceMiddleware<Member>[];

  /** Adds middleware for new sockets. `next(error)` refuses the socket, and its client gets `connect_error`. */
  use(middleware: NamespaceMiddleware<Member>): this {
    this.middleware.push(middleware);
    return this;
  }

  /**
   * Grants permissions, on every wire. By default clients have none. `subscribe` decides which rooms a client may join
   * by itself, and `publish` which rooms it may send to. Rules that are not named stay as they were.
   */
  allow(rules: PermissionRules<Member>): this {
    this.settings.allow(rules);
    return this;
  }

  /**
   * Sets the policy for later events to clients that read more slowly than others write. It applies to the namespace,
   * or to the events of one room. A room's policy takes precedence. `undefined` removes a policy, so that the more
   * general policy applies again. Throws ConfigError for an invalid policy, for `catch-up` without a log, and when too
   * many rooms have a policy of their own.
   */
  slow(policy: SlowPolicy | undefined): this;
  slow(room: Room, policy: SlowPolicy | undefined): this;
  slow(...args: SlowArguments): this {
    this.settings.slow(...args);
    return this;
  }

  /**
   * Returns a page of the events that were sent to a room: the newest ones, those before an offset, or those after one.
   * Rejects with ConfigError without a log.
   */
  history(room: Room, query?: HistoryQuery): Promise<HistoryPage> {
    return this.parts.past.read(room, query);
  }

  /**
   * Erases the events of a room, of a person, at an offset, or of the whole namespace from the log, on all nodes.
   * Covers the events that were emitted before the call, and resolves with their number. A client that comes back and
   * had not received one of them gets `naru:gap`. Rejects with ConfigError for an invalid wish and without a log, and
   * with UnavailableError when the log fails.
   */
  erase(wish: EraseWish): Promise<number> {
    return this.parts.erasures.erase(wish);
  }

  /**
   * Sets how long the log keeps the events of this namespace, instead of the backplane's own bounds. If processes share
   * a backplane, set the same in each: the shortest applies. Throws ConfigError for invalid options and without a log.
   */
  retain(retention: RetainOptions): this {
    this.parts.erasures.retain(retention);
    return this;
  }

  /** Returns the presence of a room: the members that the application makes present there. */
  presence(room: Room, options?: PresenceOptions): RoomPresence<Member> {
    return this.parts.presences.of(room, options, () => this.parts.presences);
  }

  /**
   * Sends an event to the listeners of this namespace on the other nodes. A function as the last argument is called
   * once as `(error, answers)`, with the answer of each node. If a node does not answer within five seconds, the error
   * names it in `missing`. Throws ConfigError without a backplane that connects nodes.
   */
  serverSideEmit<Name extends EventNames<Side>>(
    name: Name,
    ...args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Side>, Name>
  ): boolean {
    checkServerEventName(name);
    const listeners = this.#listeners;
    const last: unknown = args.at(-1);
    if (typeof last !== 'function') {
      listeners.emit([name, ...args]);
      return true;
    }
    listeners.emitWithAck([name, ...args.slice(0, -1)]).then(
      (responses) => last(null, responses),
      (error: Error & { responses?: unknown[] }) => last(error, error.responses ?? []),
    );
    return true;
  }

  /**
   * Sends an event to the listeners of this namespace on the other nodes, and resolves with their answers. Rejects with
   * the error, which has the other answers as `responses`.
   */
  async serverSideEmitWithAck<Name extends EventNamesWithAck<Side>>(
    name: Name,
    ...args: AllButLast<EventParams<Side, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<Side, Name>>>[]> {
    checkServerEventName(name);
    return (await this.#listeners.emitWithAck([name, ...args])) as FirstNonErrorArg<Last<EventParams<Side, Name>>>[];
  }

  get #listeners(): FarListeners {
    const { listeners } = this.parts.reach;
    if (listeners) return listeners;
    // The message begins with the words of Socket.IO's own adapter, which some programs look for.
    const why = 'this adapter does not support the serverSideEmit() functionality';
    throw new ConfigError('WRONG_STATE', `${why}: the server needs a backplane that connects nodes`);
  }
}

for (const { prototype } of [Aiming, Targeting, BroadcastOperator]) {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(prototype);
  Object.defineProperties(Audience.prototype, { ...methods, target: { value: EVERYBODY } });
}
Object.defineProperty(Audience.prototype, 'source', {
  get(this: ScopeSource): ScopeSource {
    return this;
  },
});
