/** What a server and a namespace have in common: everybody is listening, and can be sent to, chosen from and looked at. */

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
import {
  BroadcastOperator,
  type BroadcastScope,
  type BroadcastSocket,
  type RemoteSocket,
  Targeting,
} from './broadcast.js';
import type { History, HistoryPage, HistoryQuery } from './history/history.js';
import type { PermissionRules } from './permissions/permissions.js';
import type { PresenceOptions, RoomPresence } from './presence/room-presence.js';
import { EVERYBODY } from './rooms.js';
import type { SlowPolicy } from './slow-readers/policy.js';
import type { NamespaceMiddleware } from './socket/middleware.js';
import { checkEventName } from './socket/reserved.js';
import type { Room } from './target.js';

/** The parts of a namespace that the methods of an audience lead to. */
export interface AudienceParts<Member> {
  /** The functions that new sockets pass. */
  readonly middleware: NamespaceMiddleware<Member>[];
  /** What clients may do by themselves. */
  readonly permissions: { allow(rules: PermissionRules<Member>): void };
  /** The clients that read slowly. */
  readonly slowReaders: { set(...args: SlowArguments): void };
  /** What was sent to the rooms. */
  readonly past: Pick<History, 'read'>;
  /** Who is in the rooms. */
  readonly presences: { of(room: Room, options?: PresenceOptions): RoomPresence<Member> };
  /** Carries out what broadcasts put off. */
  settle(): void;
}

/** The arguments of `slow`: a policy for all, or for one room. */
export type SlowArguments = readonly [SlowPolicy | undefined] | readonly [Room, SlowPolicy | undefined];

// biome-ignore-start lint/correctness/noUnusedVariables: the two halves have to name the same parameters
// biome-ignore-start lint/suspicious/noUnsafeDeclarationMerging: the methods of the operator are put on the prototype below
/** The methods of an operator, each of which begins with everybody here. */
export interface Audience<Emit extends EventsMap, Side extends EventsMap, Data, Member, Reserved extends EventsMap>
  extends Targeting<DecorateAcknowledgementsWithMultipleResponses<Emit>, Data> {
  /** Sends an event to everybody. For events with an acknowledgement set a `timeout` first. */
  emit<Name extends EventNamesWithoutAck<Emit>>(name: Name, ...args: EventParams<Emit, Name>): boolean;
  /** Sends a `message` event to everybody. */
  send(...args: EventParams<Emit, 'message'>): this;
  /** Same as `send`. */
  write(...args: EventParams<Emit, 'message'>): this;
  /** All sockets, to look at and to act on. */
  fetchSockets(): Promise<RemoteSocket<Emit, Data>[]>;
}

/**
 * A server or a namespace. `Emit` are the events for clients, `Side` those between servers, `Member` is the type of the sockets, and
 * `Reserved` are the events that it emits itself.
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
  /** Carries out what is done to everybody. @internal */
  abstract readonly scope: BroadcastScope<BroadcastSocket>;
  /** The namespace that is meant: itself, or the main namespace of a server. @internal */
  abstract readonly parts: AudienceParts<Member>;

  /** Adds a function that each new socket passes; `next(error)` refuses it, and the client gets `connect_error`. */
  use(middleware: NamespaceMiddleware<Member>): this {
    this.parts.middleware.push(middleware);
    return this;
  }

  /**
   * Opens permissions that are closed by default: `subscribe` decides which rooms a client may enter by itself, `publish` to which it may
   * send, on every wire. Rules that are not named stay as they were.
   */
  allow(rules: PermissionRules<Member>): this {
    this.parts.permissions.allow(rules);
    return this;
  }

  /**
   * Sets the policy for clients that read slower than others write, from now on: for the namespace, or for the events to one room, which
   * comes first. Without a policy, the one that holds otherwise holds again. Throws ConfigError for an invalid policy, for `catch-up`
   * without a log, and beyond the bound of rooms with a policy of their own.
   */
  slow(policy: SlowPolicy | undefined): this;
  slow(room: Room, policy: SlowPolicy | undefined): this;
  slow(...args: SlowArguments): this {
    // Earlier events keep the earlier policy.
    this.parts.settle();
    this.parts.slowReaders.set(...args);
    return this;
  }

  /**
   * The events that were sent to a room, a page at a time: the newest ones, those before an offset, or those after one. Rejects with
   * ConfigError without a log.
   */
  history(room: Room, query?: HistoryQuery): Promise<HistoryPage> {
    return this.parts.past.read(room, query);
  }

  /** The presence of a room: the members that the application makes present there. */
  presence(room: Room, options?: PresenceOptions): RoomPresence<Member> {
    return this.parts.presences.of(room, options);
  }

  /** Throws ConfigError: processes do not hear from each other yet. It is for an event to the other nodes, with a function for their answers. */
  serverSideEmit<Name extends EventNames<Side>>(
    name: Name,
    ..._args: EventParams<DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Side>, Name>
  ): boolean {
    checkEventName(name);
    throw noServerSideEmit();
  }

  /** Rejects with what `serverSideEmit` throws. */
  async serverSideEmitWithAck<Name extends EventNamesWithAck<Side>>(
    name: Name,
    ..._args: AllButLast<EventParams<Side, Name>>
  ): Promise<FirstNonErrorArg<Last<EventParams<Side, Name>>>[]> {
    checkEventName(name);
    throw noServerSideEmit();
  }
}

// The words of Socket.IO's own adapter, which some programs look for.
function noServerSideEmit(): ConfigError {
  const why = 'this adapter does not support the serverSideEmit() functionality';
  return new ConfigError('WRONG_STATE', `${why}: processes do not hear from each other yet`);
}

for (const { prototype } of [Targeting, BroadcastOperator]) {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(prototype);
  Object.defineProperties(Audience.prototype, { ...methods, target: { value: EVERYBODY } });
}
