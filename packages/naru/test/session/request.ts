/** Requests as from node:http, without a connection. */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { type EngineRequest, parseQuery } from '../../src/session/handshake-request.js';

export function requestOf(url: string, rawHeaders: string[] = ['Host', 'naru.test']): EngineRequest {
  const request = new IncomingMessage(new Socket());
  request.method = 'GET';
  request.url = url;
  request.httpVersion = '1.1';
  request.rawHeaders = rawHeaders;
  const headers: IncomingMessage['headers'] = {};
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    headers[(rawHeaders[at] ?? '').toLowerCase()] = rawHeaders[at + 1];
  request.headers = headers;
  return Object.assign(request, { _query: parseQuery(url) });
}
