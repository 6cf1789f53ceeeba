/**
 * A client that publishes by one POST. Its socket passes the middleware and the permissions, but stays invisible to
 * everyone else.
 */

import { throwLater } from '../../base/uncaught.js';
import { within } from '../../base/within.js';
import type { NamespaceFinder } from '../../namespace/connection.js';
import type { Answered } from '../../namespace/permissions/permissions.js';
import { RECOVERY_WAIT_MS } from '../../namespace/recovery/kept-session.js';
import type { DisconnectReason } from '../../namespace/socket/disconnect-reason.js';
import type { Member } from '../../namespace/socket/socket.js';
import type { Session } from '../../session/session.js';
import type { Unit } from '../../transport/encoded-packet.js';
import type { HttpAnswer } from '../../transport/plain-http/answer.js';
import type { RequestTransport } from '../../transport/plain-http/request-transport.js';
import { askAll } from '../ask-all.js';
import { EventsConnection, type EventsRequest } from './events-connection.js';
import { type BodyForm, type Publication, readPublications } from './publication.js';
import { refuseRoom, refuseUnkept } from './refusal.js';

/** A POST that sends the events of its body to one room. */
export interface PublishRequest extends EventsRequest<RequestTransport> {
  readonly room: string;
  readonly form: BodyForm;
}

/** A client of one POST. */
export class PublishConnection extends EventsConnection<RequestTransport> {
  readonly isGuest = true;
  protected override readonly wire = undefined;
  readonly #request: PublishRequest;
  /** Whether an event of the request is published. */
  #hasPublished = false;

  constructor(namespaces: NamespaceFinder, session: Session, request: PublishRequest) {
    super(namespaces, session, request);
    this.#request = request;
    this.connect(request.address.namespace, request.auth);
  }

  protected override onConnected(_member: Member): void {
    // The application has to decide within `connectTimeout`, the time that a client has to join. The body has a time
    // limit of its own.
    this.context.unjoined.add(this);
    this.transport.read();
  }

  protected override onUnit(unit: Unit): void {
    if (typeof unit === 'string') return;
    this.#publish(readPublications(unit, this.#request.form));
  }

  protected override onDisconnect(): void {}

  override finish(reason: DisconnectReason, description: unknown): void {
    if (this.#hasPublished) this.answer(refuseUnkept());
    super.finish(reason, description);
  }

  /** Answers the request. A client may repeat a request that failed, so it must know if an event is published. */
  protected override answer(answer: HttpAnswer): void {
    super.answer(this.#hasPublished && answer.status === 503 ? refuseUnkept() : answer);
  }

  /** Publishes one event after another, so that they arrive in the order of the body. */
  #publish(publications: readonly Publication[]): void {
    const { room } = this.#request;
    const since = this.namespace.fences?.confirmations.newest ?? 0;
    const questions = publications.map(({ event, args }) => ({
      ask: (answered: Answered): void => {
        const { member } = this;
        if (!member || this.isAnswered) return;
        this.namespace.permissions.publish(member.socket, room, event, args, (refusal) => {
          this.#hasPublished ||= refusal === undefined;
          answered(refusal);
        });
      },
    }));
    askAll(questions, (refused) => {
      if (refused) this.answer(refuseRoom(refused.refusal, room));
      if (this.isAnswered || !this.member) return;
      this.#confirm(`{"published":${publications.length}}\n`, since);
    });
  }

  /**
   * After the answer, the client may rely on the publication even if this process ends. So it waits for what was
   * emitted after the flight `since`, however late the log is.
   */
  #confirm(body: string, since: number): void {
    const { confirmations } = this.namespace.fences ?? {};
    // The application has decided, and the log has a time limit of its own.
    this.context.unjoined.remove(this);
    this.namespace.settle();
    const end = (isKept: boolean): void => this.answer(isKept ? { status: 202, body } : refuseUnkept());
    let isKept = confirmations ? undefined : true;
    const kept = new Promise<void>((resolve) => {
      confirmations?.confirm(since, (outcome) => {
        isKept = outcome;
        resolve();
      });
    });
    if (isKept !== undefined) end(isKept);
    else
      within(this.context.clock, kept, RECOVERY_WAIT_MS)
        .then(() => end(isKept === true))
        .catch(throwLater);
  }
}
