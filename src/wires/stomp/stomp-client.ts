/** A connection as what its frames ask for sees it. */
import type { NamespaceCore } from '../../namespace/namespace-core.js';
import type { OutgoingEvent } from '../../namespace/outgoing-event.js';
import type { Member } from '../../namespace/socket/socket.js';
import type { StompVersion } from '../../protocol/stomp/version.js';
import type { EncodedPacket } from '../../transport/encoded-packet.js';
import type { Destination } from './destination.js';
import type { ErrorDetails } from './error-frame.js';
import type { StompScope } from './scope.js';
import type { Subscription } from './subscriptions/subscription.js';
import type { Subscriptions } from './subscriptions/subscriptions.js';

/** What actions need of their connection, which is in a namespace. */
export interface StompClient {
  readonly scope: StompScope;
  readonly namespace: NamespaceCore;
  /** The member as which the client entered the namespace; it may have left since. */
  readonly entered: Member;
  readonly version: StompVersion;
  readonly subscriptions: Subscriptions;
  /** Ends the session, though the client broke no rule, with an ERROR that says why. */
  putOut(details: ErrorDetails): void;
  /** Sends a packet. */
  send(packet: EncodedPacket): void;
  /** Sends an event to one subscription. */
  sendEvent(subscription: Subscription, event: OutgoingEvent): void;
  /** Hands an event to the socket's listeners; where a reply is due, to the given destination. */
  takeEvent(name: string, args: readonly unknown[], reply: Reply | undefined): void;
  /** Hands an acknowledgement on. */
  receiveAck(id: number, args: readonly unknown[]): void;
  /** Gives back what a subscription has taken, which is over. */
  release(subscription: Subscription): void;
}

/** Where the answer to an event goes, and by what the client knows it again. */
export interface Reply {
  readonly to: Destination;
  readonly correlationId: string | undefined;
}
