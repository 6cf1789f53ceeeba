/** Keeps pages of other origins out, where the option `cors` does not let them in. */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { EngineMiddlewareFunction } from '../engine/engine-middleware.js';

/**
 * Whether a request may come from where it comes, once the headers of `cors` are on its response. No page is behind a request without an
 * origin; any may be behind one of another host, and a browser would open a WebSocket, or send a form, without asking first.
 */
export function isFromAllowedOrigin(request: IncomingMessage, response: ServerResponse): boolean {
  const { origin } = request.headers;
  // HTTP/2 has another name for the host.
  const host = request.headers.host ?? request.headers[':authority'];
  if (origin === undefined || request.headers['sec-fetch-site'] === 'same-origin') return true;
  const allowed = response.getHeader('access-control-allow-origin');
  if (allowed === '*' || allowed === origin) return true;
  const from = hostOf(origin);
  // A page cannot set the header by which a proxy says what it was asked for.
  return from !== undefined && (from === host || from === request.headers['x-forwarded-host']);
}

/** As `isFromAllowedOrigin` for an upgrade, which has no response to hold headers. `applyCors` adds those of the option `cors`, and goes on. */
export function checkUpgradeOrigin(
  request: IncomingMessage,
  applyCors: EngineMiddlewareFunction,
  done: (isAllowed: boolean) => void,
): void {
  const response = new ServerResponse(request);
  if (request.headers.origin === undefined) done(true);
  else applyCors(request, response, (error) => done(!error && isFromAllowedOrigin(request, response)));
}

function hostOf(origin: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/([^/]+)$/i.exec(origin)?.[1];
}
