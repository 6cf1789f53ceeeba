/** Answers the requests that an engine refuses, and reports them. */
import { Buffer } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { EngineRequest } from '../../session/handshake-request.js';
import { refuseUpgrade } from '../../transport/websocket/accept.js';
import { retryAfter } from '../admission/handshake-pace.js';
import type { ConnectionError, Refusal } from './engine-errors.js';

/** What has no room now may have it in a second, or when those who wait have had their turn. */
function retryAfterOf({ context }: Refusal): readonly [name: string, value: string] {
  return retryAfter(typeof context.retryAfterMs === 'number' ? context.retryAfterMs : 0);
}

/** The refusals of one engine. */
export class Refusals {
  readonly #report: (error: ConnectionError) => void;

  /** `report` is told of each. */
  constructor(report: (error: ConnectionError) => void) {
    this.#report = report;
  }

  /** Tells of a refusal that somebody else puts into words. */
  report(request: EngineRequest, { code, message, context }: Refusal): void {
    this.#report({ req: request, code, message, context: { ...context } });
  }

  /** Refuses a request. */
  request(request: EngineRequest, response: ServerResponse, refusal: Refusal): void {
    this.report(request, refusal);
    if (response.headersSent) return;
    const body = JSON.stringify({ code: refusal.code, message: refusal.reply });
    response.writeHead(refusal.status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      // No client should keep a connection to a server that wants to go, or whose application thinks for ever.
      ...(refusal.status === 503 && request.httpVersionMajor < 2 ? { Connection: 'close' } : {}),
      ...(refusal.status === 503 ? Object.fromEntries([retryAfterOf(refusal)]) : {}),
    });
    response.end(body);
  }

  /** Refuses an upgrade. */
  upgrade(request: EngineRequest, socket: Duplex, refusal: Refusal): void {
    this.report(request, refusal);
    if (refusal.status === 503) refuseUpgrade(socket, 503, refusal.reply, [retryAfterOf(refusal)]);
    else refuseUpgrade(socket, 400, refusal.reply);
  }
}
