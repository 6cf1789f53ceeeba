/**
 * The control of the rows of plain events: event streams on node:http alone, with a set of responses and a `write` for
 * each event and response.
 */
import { createServer } from 'node:http';
import { listenAndSay } from './events-http.mjs';

/** @type {Set<import('node:http').ServerResponse>} */
const room = new Set();

export async function start() {
  const http = createServer((request, response) => {
    if (!request.url?.startsWith('/events/')) return;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    response.write(': open\n\n');
    room.add(response);
    response.on('close', () => room.delete(response));
  });
  const port = await listenAndSay(http, (text, count) => {
    for (let index = 0; index < count; index++) {
      const event = `event: said\ndata: ${JSON.stringify([text])}\n\n`;
      for (const response of room) response.write(event);
    }
  });
  return { port, count: () => room.size };
}
