/** How the events of a client reach the listeners of its socket: catch-all listeners first, then middleware, then the event's own. */
import { Emitter } from '../../base/emitter.js';
import type { Listener } from '../../base/event-map.js';
import { attempt, throwLater } from '../../base/uncaught.js';
import type { SocketPacket } from '../../protocol/socket-io/packet.js';

/** A function that each incoming event passes; `next(error)` stops the event, which then shows up as `error`. */
export type EventMiddleware = (event: [name: string, ...args: unknown[]], next: (error?: Error) => void) => void;

/** What few sockets use, in one object that the others do without. */
interface Extras {
  incoming: Listener[];
  outgoing: Listener[];
  middleware: EventMiddleware[];
  /** What came while something before it is not decided yet. */
  held: SocketPacket[] | undefined;
}

/** Packets that are held back; a client that sends more meanwhile is disconnected. */
const HELD_MAX = 1_000;

/** The listening half of a socket. */
export abstract class SocketEvents extends Emitter {
  #extras: Extras | undefined;

  /** Whether events are still delivered. */
  abstract readonly connected: boolean;

  /** Takes a packet of the client. */
  abstract onPacket(packet: SocketPacket): void;

  /** Ends the membership, and with `close` the connection. */
  abstract disconnect(close?: boolean): unknown;

  /** Adds a function that each incoming event passes before its listeners. */
  use(middleware: EventMiddleware): this {
    this.#extend().middleware.push(middleware);
    return this;
  }

  /** Adds a listener for all incoming events; it gets the name first. */
  onAny(listener: Listener): this {
    this.#extend().incoming.push(listener);
    return this;
  }

  /** Adds a listener for all incoming events at the front. */
  prependAny(listener: Listener): this {
    this.#extend().incoming.unshift(listener);
    return this;
  }

  /** Removes a catch-all listener for incoming events, or all of them. */
  offAny(listener?: Listener): this {
    if (this.#extras) this.#extras.incoming = without(this.#extras.incoming, listener);
    return this;
  }

  /** The catch-all listeners for incoming events. */
  listenersAny(): Listener[] {
    return this.#extras ? [...this.#extras.incoming] : [];
  }

  /** Adds a listener for all outgoing events; it gets the name first. */
  onAnyOutgoing(listener: Listener): this {
    this.#extend().outgoing.push(listener);
    this.watchOutgoing();
    return this;
  }

  /** Adds a listener for all outgoing events at the front. */
  prependAnyOutgoing(listener: Listener): this {
    this.#extend().outgoing.unshift(listener);
    this.watchOutgoing();
    return this;
  }

  /** Removes a catch-all listener for outgoing events, or all of them. */
  offAnyOutgoing(listener?: Listener): this {
    if (this.#extras) this.#extras.outgoing = without(this.#extras.outgoing, listener);
    return this;
  }

  /** The catch-all listeners for outgoing events. */
  listenersAnyOutgoing(): Listener[] {
    return this.#extras ? [...this.#extras.outgoing] : [];
  }

  /** Shows an outgoing event to whoever listens to all. */
  notifyOutgoing(args: readonly unknown[]): void {
    if (!this.#extras) return;
    for (const listener of [...this.#extras.outgoing]) listener.apply(this, args as unknown[]);
  }

  /** Tells that broadcasts have to ask this socket from now on. */
  protected abstract watchOutgoing(): void;

  /**
   * Delivers an incoming event: its name and arguments. `onUnheard` is called when middleware stops it, or it has no listener. Not
   * for applications.
   */
  dispatch(event: [name: string, ...args: unknown[]], onUnheard?: () => void): void {
    const extras = this.#extras;
    if (!extras) {
      this.#deliver(event, onUnheard);
      return;
    }
    for (const listener of [...extras.incoming]) listener.apply(this, event);
    if (extras.middleware.length === 0) this.#deliver(event, onUnheard);
    else this.#pass(extras.middleware.slice(), 0, event, onUnheard);
  }

  /** Holds back the packets of the client, until the function that it gives is called. One hold at a time. Not for applications. */
  hold(): () => void {
    const extras = this.#extend();
    extras.held = [];
    return () => {
      const packets = extras.held ?? [];
      extras.held = undefined;
      // One of them may hold back those behind it again.
      for (const packet of packets) if (this.connected) attempt(() => this.onPacket(packet));
    };
  }

  /** Whether a packet has to wait, and does so from now on. */
  protected isHeldBack(packet: SocketPacket): boolean {
    const held = this.#extras?.held;
    if (!held) return false;
    if (held.push(packet) > HELD_MAX) this.disconnect(true);
    return true;
  }

  #deliver(event: readonly unknown[], onUnheard: (() => void) | undefined): void {
    if (!this.connected || !this.applyLocal(event[0] as string, event.slice(1))) onUnheard?.();
  }

  #pass(
    middleware: readonly EventMiddleware[],
    index: number,
    event: [name: string, ...args: unknown[]],
    onUnheard: (() => void) | undefined,
  ): void {
    const step = middleware[index];
    if (!step) {
      this.#deliver(event, onUnheard);
      return;
    }
    let isCalled = false;
    step.call(this, event, (error) => {
      if (isCalled) return;
      isCalled = true;
      if (!error) {
        this.#pass(middleware, index + 1, event, onUnheard);
        return;
      }
      onUnheard?.();
      this.#report(error);
    });
  }

  #report(error: Error): void {
    // As in Node: an error that nobody listens to is not swallowed.
    if (!this.applyLocal('error', [error])) throwLater(error);
  }

  #extend(): Extras {
    this.#extras ??= { incoming: [], outgoing: [], middleware: [], held: undefined };
    return this.#extras;
  }
}

function without(listeners: readonly Listener[], listener: Listener | undefined): Listener[] {
  if (listener === undefined) return [];
  const index = listeners.indexOf(listener);
  return listeners.filter((_, at) => at !== index);
}
