/** Frees the head of a request whose session has opened, and recognises a response whose client has gone. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Frees the headers of a request that lives as long as its stream. The session keeps its own, smaller copy. Does
 * nothing over HTTP/2, where the headers cannot be set.
 */
export function forgetHead(request: IncomingMessage): void {
  if (request.httpVersionMajor > 1) return;
  request.rawHeaders = [];
  request.headers = {};
}

/** Whether the client of a response has gone. */
export function isGone(response: ServerResponse & { stream?: { destroyed: boolean } | null }): boolean {
  return response.destroyed || response.stream?.destroyed === true;
}
