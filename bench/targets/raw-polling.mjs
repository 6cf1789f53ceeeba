/**
 * The control for long-polling: Node's http server, which answers each request with a prepared body. Its round trip is
 * the cost of two HTTP requests in Node, for any server on top of it.
 */
import { createServer } from 'node:http';

const TEXT = 'The ferry leaves the landing at dawn, and it waits for nobody...';

/** @param {string} app @param {{ window: number }} options */
export async function start(app, { window }) {
  if (app !== 'ack') throw new Error('this control answers acknowledgements only');
  const answers = Array.from({ length: window }, (_, index) => `43${100 + index}["${TEXT}"]`).join('\x1e');
  /** @type {Map<string, { get?: import('node:http').ServerResponse, body?: string }>} */
  const sessions = new Map();
  const http = createServer((request, response) => {
    const sid = request.url?.split('sid=')[1];
    if (sid === undefined) {
      const made = String(sessions.size);
      sessions.set(made, {});
      reply(response, `0{"sid":"${made}"}`);
      return;
    }
    const session = sessions.get(sid) ?? {};
    if (request.method === 'GET') {
      const { body } = session;
      if (body === undefined) session.get = response;
      else reply(response, body);
      delete session.body;
      return;
    }
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
    });
    request.on('end', () => {
      reply(response, 'ok');
      const body = size === 2 ? '40{}' : answers;
      if (session.get === undefined) session.body = body;
      else reply(session.get, body);
      delete session.get;
    });
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', 4096, () => resolve(undefined)));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, count: () => sessions.size };
}

/** @param {import('node:http').ServerResponse} response @param {string} body */
function reply(response, body) {
  // Node writes a flat list of headers fastest.
  response.writeHead(200, ['Content-Type', 'text/plain; charset=UTF-8', 'Content-Length', String(body.length)]);
  response.end(body);
}
