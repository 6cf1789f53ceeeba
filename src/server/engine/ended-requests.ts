/** What is left of a request whose session has opened, and of a response whose client has gone. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Lets go what a request said that lives as long as its stream, and that the session keeps in less; over HTTP/2 it cannot be set. */
export function forgetHead(request: IncomingMessage): void {
  if (request.httpVersionMajor > 1) return;
  request.rawHeaders = [];
  request.headers = {};
}

/** Whether nobody waits for the response any more. */
export function isGone(response: ServerResponse & { stream?: { destroyed: boolean } | null }): boolean {
  return response.destroyed || response.stream?.destroyed === true;
}
