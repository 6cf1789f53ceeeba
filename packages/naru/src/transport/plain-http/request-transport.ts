/** Carries one POST: its body is the only unit, and its answer ends the transport. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ProtocolError, UnavailableError } from '../../base/errors.js';
import { encodeError } from '../../protocol/json-event/error.js';
import type { EngineProtocol } from '../encoded-packet.js';
import { type BodyBounds, type BodyOutcome, RequestBody } from '../polling/request-body.js';
import { BaseTransport } from '../transport.js';
import { type AnswerableTransport, type HttpAnswer, headersOf } from './answer.js';

const CLOSED = { code: 'CLOSED', message: 'the server does not accept this request' };

/** A session of one request. The answer is all that can be sent to its client. */
export class RequestTransport extends BaseTransport implements AnswerableTransport {
  readonly name = 'sse';
  readonly protocol: EngineProtocol = 4;
  readonly isPlain = true;
  readonly writable = false;
  readonly bufferedBytes = 0;
  readonly #body: RequestBody;
  readonly #bytesMax: number;

  constructor(request: IncomingMessage, response: ServerResponse, bounds: BodyBounds) {
    super();
    this.#body = new RequestBody(request, response, bounds, (_body, outcome) => this.#onRead(outcome));
    this.#bytesMax = bounds.bodyBytesMax;
    // RequestBody notices a closed connection only while it reads, and the application may still be deciding about the
    // request.
    response.on('close', () => this.onClosed());
  }

  /** Starts to read the body, which then arrives as one unit. */
  read(): void {
    if (!this.isOver) this.#body.read();
  }

  answer(answer: HttpAnswer, error?: ProtocolError): void {
    if (this.isOver) return;
    if (answer.status < 400) this.#body.reply(headersOf(answer), answer.body, answer.status);
    else this.#body.refuse(answer.status, answer.body, headersOf(answer));
    this.onClosed(error);
  }

  send(): void {}

  close(): void {
    this.answer({ status: 503, body: encodeError(CLOSED) });
  }

  abort(): void {
    // Even an aborted request is answered, because its client waits for that.
    this.close();
  }

  #onRead(outcome: BodyOutcome): void {
    if (outcome === 'too big') {
      const message = `the body is larger than ${this.#bytesMax} bytes (maxHttpBufferSize)`;
      this.#refuse(413, 'TOO_BIG', message);
    } else if (outcome === 'too slow') {
      this.#refuse(408, 'TOO_SLOW', 'the body did not arrive in time');
    } else if (outcome === 'closed') {
      this.onClosed(new UnavailableError('DISCONNECTED', 'the connection closed before the body was complete'));
    } else {
      this.handler.onData(this, outcome);
    }
  }

  #refuse(status: number, code: string, message: string): void {
    const answer = { status, body: encodeError({ code, message }) };
    this.answer(answer, new ProtocolError('EVENTS_BAD_REQUEST', message));
  }
}
