/** Adds the headers of the option `cors`, and tells of pages whose browser will not let them read the answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from 'cors';
import { handshakeForeign } from '../../taps/taps.js';
import type { EngineSettings } from '../options/engine-options.js';
import type { EngineMiddlewareFunction } from './engine-middleware.js';

/** Returns the middleware of the option. A preflight may be answered there. */
export function corsOf(option: EngineSettings['cors']): EngineMiddlewareFunction {
  const addHeaders = option ? (cors(option as cors.CorsOptions) as EngineMiddlewareFunction) : undefined;
  return (request, response, next) => {
    let isPassed = false;
    const pass = (error?: unknown): void => {
      isPassed = true;
      // A browser lets any page read a WebSocket that was accepted.
      if (handshakeForeign.hasSubscribers && (error || !request.headers.upgrade)) tellForeign(request, response);
      next(error);
    };
    if (addHeaders) addHeaders(request, response, pass);
    else pass();
    // A preflight has its answer by now.
    if (!isPassed && response.writableEnded && handshakeForeign.hasSubscribers) tellForeign(request, response);
  };
}

/** Whether the option has a function, which may refuse requests by an error. Pages are refused by headers alone. */
export function mayRefuse(option: EngineSettings['cors']): boolean {
  return typeof option === 'function' || typeof (option as cors.CorsOptions | undefined)?.origin === 'function';
}

/** Tells of a request from another origin that the answer does not allow. Fetch standard, section 4.10, CORS check. */
function tellForeign({ headers }: IncomingMessage, response: ServerResponse): void {
  // HTTP/2 sends the host as `:authority`.
  const { origin, host = headers[':authority']?.toString() } = headers;
  const via = /^[^,]*/.exec(String(headers['x-forwarded-host'] ?? host))?.[0].trim();
  if (origin === undefined || host === undefined || [host, via].some((each) => each && isOf(origin, each))) return;
  // A proxy may have changed the host, and the browser knows better.
  if (headers['sec-fetch-site'] === 'same-origin') return;
  const allowed = response.getHeader('access-control-allow-origin') as string | undefined;
  if (allowed !== '*' && allowed !== origin) handshakeForeign.publish({ origin, ...(allowed && { allowed }) });
}

/** Whether an origin has this host. */
function isOf(origin: string, host: string): boolean {
  const plain = origin.slice(origin.indexOf('://') + 3);
  return plain === host || `${plain}:${origin.startsWith('https:') ? 443 : 80}` === host;
}
