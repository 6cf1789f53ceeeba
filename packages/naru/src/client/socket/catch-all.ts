/** Listeners of all events, in and out. */
import type { EventsMap, Listener } from '../../base/event-map.js';
import { attempt } from '../../base/uncaught.js';
import { ClientEmitter } from '../emitter.js';

/** An emitter with listeners of all events. */
export abstract class CatchAllEmitter<
  ListenEvents extends EventsMap,
  ReservedEvents extends EventsMap,
> extends ClientEmitter<ListenEvents, ReservedEvents> {
  #incoming: Listener[] = [];
  #outgoing: Listener[] = [];

  /** Adds a listener of every received event. The listener gets the name first. */
  onAny(listener: Listener): this {
    this.#incoming = [...this.#incoming, listener];
    return this;
  }

  /** Adds a listener of every received event in front of the others. The listener gets the name first. */
  prependAny(listener: Listener): this {
    this.#incoming = [listener, ...this.#incoming];
    return this;
  }

  /** Removes a listener of every received event, or all of them. */
  offAny(listener?: Listener): this {
    this.#incoming = without(this.#incoming, listener);
    return this;
  }

  /** The listeners of every received event. */
  listenersAny(): Listener[] {
    return this.#incoming;
  }

  /** Adds a listener of every event that is sent. The listener gets the name first. */
  onAnyOutgoing(listener: Listener): this {
    this.#outgoing = [...this.#outgoing, listener];
    return this;
  }

  /** Adds a listener of every event that is sent in front of the others. The listener gets the name first. */
  prependAnyOutgoing(listener: Listener): this {
    this.#outgoing = [listener, ...this.#outgoing];
    return this;
  }

  /** Removes a listener of every event that is sent, or all of them. */
  offAnyOutgoing(listener?: Listener): this {
    this.#outgoing = without(this.#outgoing, listener);
    return this;
  }

  /** The listeners of every event that is sent. */
  listenersAnyOutgoing(): Listener[] {
    return this.#outgoing;
  }

  /** Calls catch-all listeners with the name and the arguments of an event. Their exceptions are uncaught ones. */
  protected notifyAny(listeners: Listener[], event: unknown[]): void {
    for (const listener of listeners) attempt(listener.bind(this, ...event));
  }
}

function without(listeners: Listener[], listener: Listener | undefined): Listener[] {
  const index = listeners.indexOf(listener as Listener);
  return listeners.filter((_, at) => listener && at !== index);
}
