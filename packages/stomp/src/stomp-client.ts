/** A STOMP connection as the actions of its frames see it. */

import type { EncodedPacket, Member, NamespaceCore, OutgoingEvent } from 'naru/wire';
import type { Destination } from './destination.js';
import type { ErrorDetails } from './error-frame.js';
import type { StompVersion } from './protocol/version.js';
import type { StompScope } from './scope.js';
import type { Subscription } from './subscriptions/subscription.js';
import type { Subscriptions } from './subscriptions/subscriptions.js';

/** The part of a connection that actions use. The client has joined a namespace. */
export interface StompClient {
  readonly scope: StompScope;
  readonly namespace: NamespaceCore;
  /** The client's member, which may have left the namespace since. */
  readonly entered: Member;
  readonly version: StompVersion;
  readonly subscriptions: Subscriptions;
  /** Ends the session of a client that broke no rule, with an ERROR that gives the reason. */
  putOut(details: ErrorDetails): void;
  /** Sends a packet. */
  send(packet: EncodedPacket): void;
  /** Sends an event to one subscription. */
  sendEvent(subscription: Subscription, event: OutgoingEvent): void;
  /** Passes an event to the socket's listeners. If there is a `reply`, their answer goes to its destination. */
  takeEvent(name: string, args: readonly unknown[], reply: Reply | undefined): void;
  /** Takes the client's acknowledgement of an event. */
  receiveAck(id: number, args: readonly unknown[]): void;
  /** Releases the messages and the form of a subscription that has ended. */
  release(subscription: Subscription): void;
}

/** The use of the answer to an event: as a message to a destination, for the receipt of the frame, or for both. */
export interface Reply {
  readonly to?: Destination;
  /** The headers of the message, such as the id by which the client recognises it. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly receipt?: { onAnswer(args: readonly unknown[]): void };
}
