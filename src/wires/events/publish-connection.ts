/** A client that publishes by one POST. Its socket passes the middleware and the permissions, and nobody else is told of it. */

import type { NamespaceFinder } from '../../namespace/connection.js';
import type { Answered } from '../../namespace/permissions/permissions.js';
import type { Member } from '../../namespace/socket/socket.js';
import type { Session } from '../../session/session.js';
import type { Unit } from '../../transport/encoded-packet.js';
import type { RequestTransport } from '../../transport/plain-http/request-transport.js';
import { askAll } from '../ask-all.js';
import { EventsConnection, type EventsRequest } from './events-connection.js';
import { type BodyForm, type Publication, readPublications } from './publication.js';
import { refuseRoom } from './refusal.js';

/** What a POST asks for: to send what its body says to one room. */
export interface PublishRequest extends EventsRequest<RequestTransport> {
  readonly room: string;
  readonly form: BodyForm;
}

/** A client of one POST. */
export class PublishConnection extends EventsConnection<RequestTransport> {
  readonly isGuest = true;
  protected override readonly wire = undefined;
  readonly #request: PublishRequest;

  constructor(namespaces: NamespaceFinder, session: Session, request: PublishRequest) {
    super(namespaces, session, request);
    this.#request = request;
    this.connect(request.address.namespace, request.auth);
  }

  protected override onConnected(_member: Member): void {
    // What the application thinks over is bounded as the time to join is; so is the body by its own.
    this.context.unjoined.add(this);
    this.transport.read();
  }

  protected override onUnit(unit: Unit): void {
    if (typeof unit === 'string') return;
    this.#publish(readPublications(unit, this.#request.form));
  }

  protected override onDisconnect(): void {}

  /** One after the other, so that they arrive in the order of the body. */
  #publish(publications: readonly Publication[]): void {
    const { room } = this.#request;
    const questions = publications.map(({ event, args }) => ({
      ask: (answered: Answered): void => {
        const { member } = this;
        if (member && !this.isAnswered) this.namespace.permissions.publish(member.socket, room, event, args, answered);
      },
    }));
    askAll(questions, (refused) => {
      if (refused) this.answer(refuseRoom(refused.refusal, room));
      if (this.isAnswered || !this.member) return;
      // Who is told that it is published may rely on it, whatever becomes of this process.
      this.namespace.settle();
      this.answer({ status: 202, body: `{"published":${publications.length}}\n` });
    });
  }
}
