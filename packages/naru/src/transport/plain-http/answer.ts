/** A complete answer to an HTTP request: a refusal, or the answer to a request that opens no stream. */
import { Buffer } from 'node:buffer';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Transport } from '../transport.js';

/** A status and a JSON body. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** The refusal in whose place a client gets this answer. */
  readonly cause?: HttpAnswer;
}

/** A transport whose request waits for an answer until its client is admitted. */
export interface AnswerableTransport extends Transport {
  /** Answers the request and ends the transport. Does nothing if the client was already admitted, or is gone. */
  answer(answer: HttpAnswer): void;
}

/** Returns the headers of an answer. With 503, a client that is not told otherwise may try again in a second. */
export function headersOf({ status, headers, body }: HttpAnswer): OutgoingHttpHeaders {
  return {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 503 && { 'Retry-After': '1' }),
    ...headers,
  };
}

/** Sends an answer, unless the response was already answered or destroyed. */
export function sendAnswer(response: ServerResponse, answer: HttpAnswer): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(answer.status, headersOf(answer));
  response.end(response.req.method === 'HEAD' ? undefined : answer.body);
}
