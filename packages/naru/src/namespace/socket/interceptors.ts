/** The stages before the listeners of a socket: catch-all listeners, middleware, and held packets. */
import { memoryOf } from '../../base/bytes.js';
import type { Listener, Untyped } from '../../base/event-map.js';
import { attempt, follow, isAsync, throwLater } from '../../base/uncaught.js';
import { PacketType, type SocketPacket } from '../../protocol/socket-io/packet.js';
import type { ListenerErrors } from './listener-errors.js';

/** An event with its arguments, as the middleware of a socket sees it. */
export type Event = [name: string, ...args: Untyped[]];

/** Middleware for incoming events. `next(error)` stops the event, and the socket emits `error` instead. */
export type EventMiddleware = (event: Event, next: (error?: Error) => void) => void;

/** The member whose events are intercepted. */
export interface InterceptedMember {
  /** The socket, which is `this` in the functions. */
  readonly socket: { readonly id: string };
  readonly connected: boolean;
  readonly namespace: { readonly listenerErrors: ListenerErrors };
  /** Called with each packet of the client. */
  onPacket(packet: SocketPacket): void;
  /** Passes an event to its own listeners. */
  deliver(event: readonly unknown[], onUnheard: (() => void) | undefined): void;
  /** Reports that middleware has stopped an event. */
  fail(error: Error): void;
  /** Disconnects the client, with `close` from all its namespaces. */
  disconnect(close: boolean): void;
}

/** The most packets that are held back, and their most bytes, unless it is a single one. */
const HELD_MAX = 1_000;
const HELD_BYTES_MAX = 64 * 1024 * 1024;

/** The interceptors of one socket. Few sockets have any, so they are in a separate object to save memory. */
export class Interceptors {
  /** The catch-all listeners for incoming events. */
  incoming: readonly Listener[] = [];
  /** The catch-all listeners for outgoing events. */
  outgoing: readonly Listener[] = [];
  /** The middleware for incoming events. */
  middleware: readonly EventMiddleware[] = [];
  /** The packets that wait until earlier ones are done. */
  held: SocketPacket[] | undefined = undefined;
  #heldBytes = 0;
  /** The packets that the others wait for. */
  #holds = 0;
  /** The newest error of a listener that middleware has seen, because `next` threw it. It was reported before that. */
  #reported: unknown = undefined;
  readonly #member: InterceptedMember;

  constructor(member: InterceptedMember) {
    this.#member = member;
  }

  /** Whether the client has said that it leaves, although that waits for an earlier event. */
  get hasLeft(): boolean {
    return this.held?.some(({ type }) => type === PacketType.DISCONNECT) === true;
  }

  /** Holds back the packets of the client until the returned function is called, and those of all other calls. */
  hold(): () => void {
    this.#holds += 1;
    this.held ??= [];
    return () => {
      this.#holds -= 1;
      if (this.#holds > 0) return;
      const packets = this.held ?? [];
      this.held = undefined;
      this.#heldBytes = 0;
      // A packet may start a new hold, which then applies to the packets after it.
      for (const packet of packets) if (this.#member.connected) attempt(() => this.#member.onPacket(packet));
    };
  }

  /** Holds a packet back if others are. Returns whether it did. A client that sends too many is disconnected. */
  holdsBack(packet: SocketPacket): boolean {
    if (!this.held) return false;
    const count = this.held.push(packet);
    this.#heldBytes += memoryOf(packet.data);
    if (count > HELD_MAX || (count > 1 && this.#heldBytes > HELD_BYTES_MAX)) this.#member.disconnect(true);
    return true;
  }

  /** Shows an incoming event to the catch-all listeners, passes it through the middleware, and delivers it. */
  pass(event: [name: string, ...args: unknown[]], onUnheard: (() => void) | undefined): void {
    // Middleware may change the event, and the last argument may be the function that answers it.
    const given = [...event];
    const onFailed = (error: unknown): void => {
      if (error === this.#reported && typeof error === 'object') return;
      this.#member.namespace.listenerErrors.take(error, event[0], this.#member.socket, given);
    };
    try {
      for (const listener of this.incoming)
        this.#follow(listener, listener.apply(this.#member.socket, event), onFailed);
      if (this.middleware.length === 0) this.#member.deliver(event, onUnheard);
      else this.#step(this.middleware, 0, event, onUnheard, onFailed);
    } catch (error) {
      onFailed(error);
    }
  }

  /** Shows an outgoing event to the catch-all listeners. */
  showOutgoing(args: readonly unknown[]): void {
    for (const listener of this.outgoing) listener.apply(this.#member.socket, args as unknown[]);
  }

  #step(
    middleware: readonly EventMiddleware[],
    index: number,
    event: Event,
    onUnheard: (() => void) | undefined,
    onFailed: (error: unknown) => void,
  ): void {
    const step = middleware[index];
    if (!step) {
      this.#member.deliver(event, onUnheard);
      return;
    }
    let isCalled = false;
    const next = (error?: Error): void => {
      if (isCalled) return;
      isCalled = true;
      if (!error) {
        try {
          this.#step(middleware, index + 1, event, onUnheard, onFailed);
        } catch (failure) {
          onUnheard?.();
          // The middleware may catch what `next` throws, and the error of a listener must still be told.
          this.#reported = failure;
          throwLater(failure);
          throw failure;
        }
        return;
      }
      onUnheard?.();
      this.#member.fail(error);
    };
    try {
      this.#follow(step, step.call(this.#member.socket, event, next), onFailed);
    } catch (error) {
      onFailed(error);
    }
  }

  #follow(listener: unknown, result: unknown, onFailed: (error: unknown) => void): void {
    follow(result, this.#member.namespace.listenerErrors.isHooked || isAsync(listener), onFailed);
  }
}

/** Returns the listeners without the first registration of `listener`, or none if `listener` is `undefined`. */
export function without(listeners: readonly Listener[], listener: Listener | undefined): readonly Listener[] {
  if (listener === undefined) return [];
  const index = listeners.indexOf(listener);
  return listeners.filter((_, at) => at !== index);
}
