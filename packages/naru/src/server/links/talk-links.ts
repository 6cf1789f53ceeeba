/**
 * Passes requests on to nodes without an address: a request is a question by talk, and its answer comes back as a
 * whole.
 */
import type { Buffer } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeCode } from '../../backplane/talk/talk.js';
import type { Bytes } from '../../base/bytes.js';
import { type Clock, delay } from '../../base/clock.js';
import type { Answer } from '../../base/steps/answer.js';
import { parseQuery } from '../../session/handshake-request.js';
import { type BodyBounds, RequestBody } from '../../transport/polling/request-body.js';
import { MemoryConnection } from './memory-connection.js';
import { passOn, refuseMore } from './passing.js';

/** Carries requests to other nodes. */
export interface RequestTalk {
  /** Whether a node can be asked. A promise while this node does not know the others yet. */
  knows(node: NodeCode): Answer<boolean>;
  /**
   * Asks a node for the answer to a request. Resolves with `undefined` if it does not come in time. `id` names the
   * request among those of this node.
   */
  askRequest(node: NodeCode, id: number, request: Bytes, timeoutMs: number): Promise<Bytes | undefined>;
  /** Tells a node that the client of a request has gone. */
  dropRequest(node: NodeCode, id: number): void;
}

/** Bounds of the requests that go by talk. */
export interface TalkBounds {
  /** Requests at once. Each keeps one place among the questions that the other node answers. @default 5000 */
  readonly countMax?: number;
  /** Bytes of all bodies that are under way. @default 33554432 */
  readonly bytesMax?: number;
  /** Milliseconds for which a request may wait for its answer. */
  readonly answerMsMax: number;
}

/**
 * Requests at once. A node answers 10,000 questions of another one at a time, and half of them stay for other
 * questions.
 */
const COUNT_MAX = 5_000;
/** Bytes of all bodies that are under way. */
const BYTES_MAX = 32 * 1024 * 1024;
/** Milliseconds after its start in which a node may not be known yet. */
const NEW_MS = 10_000;
/** Milliseconds until it is looked for again, and how often that happens. */
const AGAIN_MS = 100;
const AGAIN_MAX = 30;
/** Bytes of one body. The talk of a home takes no more while it has no link. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** The requests of one node to others by talk. */
export class TalkLinks {
  readonly #talk: RequestTalk;
  readonly #clock: Clock;
  readonly #bodies: () => BodyBounds;
  readonly #bounds: Required<TalkBounds>;
  #count = 0;
  #bytes = 0;
  #lastId = 0;

  /** `bodies` returns the bounds of the engine for bodies. */
  constructor(
    talk: RequestTalk,
    clock: Clock,
    bodies: () => BodyBounds,
    { countMax = COUNT_MAX, bytesMax = BYTES_MAX, answerMsMax }: TalkBounds,
  ) {
    this.#talk = talk;
    this.#clock = clock;
    this.#bodies = bodies;
    this.#bounds = { countMax, bytesMax, answerMsMax };
  }

  /** Whether a node can be asked. */
  knows(node: NodeCode): Answer<boolean> {
    return this.#talk.knows(node);
  }

  /**
   * Resolves with whether a node can be asked. The first word of one that has started at `startedAt`, a moment ago, may
   * still be on its way.
   */
  async canAsk(node: NodeCode, startedAt = Number.NEGATIVE_INFINITY): Promise<boolean> {
    const clock = this.#clock;
    for (let tries = 0; tries < AGAIN_MAX; tries += 1) {
      if (await this.#talk.knows(node)) return true;
      if (Math.abs(clock.now() - startedAt) > NEW_MS) return false;
      await delay(clock, AGAIN_MS);
    }
    return false;
  }

  /** Passes a request on, as `OtherNodes` describes it. An event stream is refused, because its answer has no end. */
  passRequest(node: NodeCode, request: IncomingMessage, response: ServerResponse, refuse: () => void): void {
    if (request.method === 'GET' && parseQuery(request.url ?? '').transport === 'sse') refuse();
    else if (this.#count >= this.#bounds.countMax) refuseMore(request, response);
    else {
      this.#count += 1;
      response.once('close', () => {
        this.#count -= 1;
      });
      const ask = (body?: Buffer): void => this.#ask(node, request, response, body, refuse);
      if (request.method === 'POST') this.#readBody(request, response, ask);
      else ask();
    }
  }

  /** Reads a body as the engine does, and answers in its place when the body breaks a bound. */
  #readBody(request: IncomingMessage, response: ServerResponse, onRead: (body: Buffer) => void): void {
    const { bodyBytesMax, bodyDeadlines } = this.#bodies();
    const bytesMax = Math.min(bodyBytesMax, BODY_BYTES_MAX);
    let held = 0;
    const count = ({ byteLength }: Buffer): void => {
      held += byteLength;
      this.#bytes += byteLength;
      if (this.#bytes > this.#bounds.bytesMax) refuseMore(request, response);
    };
    request.on('data', count);
    response.once('close', () => {
      request.off('data', count);
      this.#bytes -= held;
    });
    const body = new RequestBody(request, response, { bodyBytesMax: bytesMax, bodyDeadlines }, (read, outcome) => {
      if (outcome === 'too big') read.refuse(413, `payload of more than ${bytesMax} bytes`);
      else if (outcome === 'too slow') read.refuse(408);
      else if (outcome !== 'closed' && !response.headersSent) onRead(outcome);
    });
    body.read();
  }

  #ask(
    node: NodeCode,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer | undefined,
    refuse: () => void,
  ): void {
    const talk = this.#talk;
    const connection = new MemoryConnection();
    const outgoing = passOn(request, response, { createConnection: () => connection }, refuse, body);
    this.#lastId += 1;
    const id = this.#lastId;
    let isWaiting = false;
    outgoing?.once('finish', async () => {
      isWaiting = true;
      const answer = await talk.askRequest(node, id, connection.written, this.#bounds.answerMsMax);
      isWaiting = answer === undefined;
      if (!answer) connection.destroy();
      else if (!connection.destroyed) connection.push(answer);
    });
    outgoing?.once('close', () => connection.destroy());
    connection.once('close', () => {
      if (isWaiting) talk.dropRequest(node, id);
    });
  }
}
