/** The half of the server that speaks for its main namespace: `io.on`, `io.emit`, `io.to` and their like mean the namespace `/`. */
import type { EventName } from '../../base/emitter.js';
import type { Listener } from '../../base/event-map.js';
import type { BroadcastOperator } from '../../namespace/broadcast.js';
import type { HistoryPage, HistoryQuery } from '../../namespace/history/history.js';
import type { NamespaceMiddleware } from '../../namespace/middleware.js';
import type { Namespace } from '../../namespace/namespace.js';
import type { PermissionRules } from '../../namespace/permissions/permissions.js';
import type { PresenceOptions, RoomPresence } from '../../namespace/presence/room-presence.js';
import type { DrainedOptions } from '../../namespace/slow-readers/drain-waits.js';
import type { SlowPolicy } from '../../namespace/slow-readers/policy.js';
import type { Socket } from '../../namespace/socket/socket.js';
import type { Room, SocketId } from '../../namespace/target.js';

/** Each method does what the method of that name does on the main namespace. */
export abstract class MainNamespaceDelegate {
  /** The main namespace. */
  abstract readonly sockets: Namespace;

  /** Adds a function that each new socket of the main namespace passes. */
  use(middleware: NamespaceMiddleware): this {
    this.sockets.use(middleware);
    return this;
  }

  /** Decides what clients may do by themselves in the main namespace. */
  allow(rules: PermissionRules<Socket>): this {
    this.sockets.allow(rules);
    return this;
  }

  /** What becomes of events of the main namespace for clients that read slowly. */
  slow(policy: SlowPolicy | undefined): this;
  slow(room: Room, policy: SlowPolicy | undefined): this;
  slow(...args: readonly [SlowPolicy | undefined] | readonly [Room, SlowPolicy | undefined]): this {
    this.sockets.slow(...(args as [Room, SlowPolicy | undefined]));
    return this;
  }

  /** Of the events with this key, only the newest matters to a client that is slow. */
  key(key: string): BroadcastOperator<Socket> {
    return this.sockets.key(key);
  }

  /** Resolves with `true` once all clients of the main namespace are within their budget. */
  drained(options?: DrainedOptions): Promise<boolean> {
    return this.sockets.drained(options);
  }

  /** What was sent to a room of the main namespace. */
  history(room: Room, query?: HistoryQuery): Promise<HistoryPage> {
    return this.sockets.history(room, query);
  }

  /** Who is in a room of the main namespace. */
  presence(room: Room, options?: PresenceOptions): RoomPresence<Socket> {
    return this.sockets.presence(room, options);
  }

  /** Listens: `connection`, `connect`, `new_namespace`, or an event of `serverSideEmit`. */
  on(name: EventName, listener: Listener): this {
    this.sockets.on(name, listener);
    return this;
  }

  /** Listens once. */
  once(name: EventName, listener: Listener): this {
    this.sockets.once(name, listener);
    return this;
  }

  /** Ends listening. */
  off(name?: EventName, listener?: Listener): this {
    this.sockets.off(name, listener);
    return this;
  }

  /** Same as `on`. */
  addListener(name: EventName, listener: Listener): this {
    return this.on(name, listener);
  }

  /** Same as `off`. */
  removeListener(name: EventName, listener: Listener): this {
    return this.off(name, listener);
  }

  /** Removes all listeners of an event, or of all. */
  removeAllListeners(name?: EventName): this {
    return this.off(name);
  }

  /** Listens before the others. */
  prependListener(name: EventName, listener: Listener): this {
    this.sockets.prependListener(name, listener);
    return this;
  }

  /** Listens once, before the others. */
  prependOnceListener(name: EventName, listener: Listener): this {
    this.sockets.prependOnceListener(name, listener);
    return this;
  }

  /** The listeners of an event. */
  listeners(name: EventName): Listener[] {
    return this.sockets.listeners(name);
  }

  /** The listeners of an event, with their wrappers. */
  rawListeners(name: EventName): Listener[] {
    return this.sockets.rawListeners(name);
  }

  /** How many listeners an event has. */
  listenerCount(name: EventName): number {
    return this.sockets.listenerCount(name);
  }

  /** The events that have listeners. */
  eventNames(): EventName[] {
    return this.sockets.eventNames();
  }

  /** Accepted for compatibility. */
  setMaxListeners(_count: number): this {
    return this;
  }

  /** There is no limit. */
  getMaxListeners(): number {
    return this.sockets.getMaxListeners();
  }

  /** Sends an event to everybody. */
  emit(name: EventName, ...args: unknown[]): boolean {
    return this.sockets.emit(name, ...args);
  }

  /** Sends an event to everybody and resolves with all acknowledgements. */
  emitWithAck(name: EventName, ...args: unknown[]): Promise<unknown> {
    return this.sockets.emitWithAck(name, ...args);
  }

  /** Sends a `message` event to everybody. */
  send(...args: unknown[]): this {
    this.sockets.send(...args);
    return this;
  }

  /** Same as `send`. */
  write(...args: unknown[]): this {
    return this.send(...args);
  }

  /** The sockets in a room, or rooms. */
  to(room: Room | readonly Room[]): BroadcastOperator<Socket> {
    return this.sockets.to(room);
  }

  /** Same as `to`. */
  in(room: Room | readonly Room[]): BroadcastOperator<Socket> {
    return this.sockets.in(room);
  }

  /** Everybody but the sockets in a room, or rooms. */
  except(room: Room | readonly Room[]): BroadcastOperator<Socket> {
    return this.sockets.except(room);
  }

  /** Whether transports may compress the message. */
  compress(compress: boolean): BroadcastOperator<Socket> {
    return this.sockets.compress(compress);
  }

  /** Sets how many milliseconds acknowledgements are waited for. */
  timeout(timeoutMs: number): BroadcastOperator<Socket> {
    return this.sockets.timeout(timeoutMs);
  }

  /** The message is dropped where the connection cannot take it at once. */
  get volatile(): BroadcastOperator<Socket> {
    return this.sockets.volatile;
  }

  /** Only sockets of this node. */
  get local(): BroadcastOperator<Socket> {
    return this.sockets.local;
  }

  /** The ids of all sockets. */
  allSockets(): Promise<Set<SocketId>> {
    return this.sockets.allSockets();
  }

  /** All sockets. */
  fetchSockets(): Promise<Socket[]> {
    return this.sockets.fetchSockets();
  }

  /** Has all sockets join rooms. */
  socketsJoin(room: Room | readonly Room[]): void {
    this.sockets.socketsJoin(room);
  }

  /** Has all sockets leave rooms. */
  socketsLeave(room: Room | readonly Room[]): void {
    this.sockets.socketsLeave(room);
  }

  /** Disconnects all sockets. */
  disconnectSockets(close = false): void {
    this.sockets.disconnectSockets(close);
  }

  /** Emits an event to the other nodes. */
  serverSideEmit(name: string, ...args: unknown[]): boolean {
    return this.sockets.serverSideEmit(name, ...args);
  }

  /** Emits an event to the other nodes and resolves with their acknowledgements. */
  serverSideEmitWithAck(name: string, ...args: unknown[]): Promise<unknown[]> {
    return this.sockets.serverSideEmitWithAck(name, ...args);
  }
}
