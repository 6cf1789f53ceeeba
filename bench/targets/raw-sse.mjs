/**
 * The control for the memory of streams: Node's own http server with a response that stays open, which writes text made beforehand.
 * What it takes for each is what Node takes, whatever runs on top.
 */
import { createServer } from 'node:http';

const HEAD = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };

/** @param {string} app @param {{ pingInterval: number }} options */
export async function start(app, { pingInterval }) {
  if (app !== 'idle') throw new Error('this control is for memory only');
  /** @type {Map<string, import('node:http').ServerResponse>} */
  const streams = new Map();
  let opened = 0;
  const http = createServer((request, response) => {
    const sid = request.url?.split('sid=')[1] ?? '';
    if (request.method === 'GET') {
      opened += 1;
      const made = String(opened);
      streams.set(made, response);
      response.on('close', () => streams.delete(made));
      response.writeHead(200, HEAD);
      response.write(`data: 0{"sid":"${made}"}\n\n`);
      return;
    }
    let size = 0;
    request.on('data', (chunk) => {
      size += chunk.length;
    });
    request.on('end', () => {
      response.writeHead(200, ['Content-Type', 'text/html', 'Content-Length', '2']);
      response.end('ok');
      if (size === 2) streams.get(sid)?.write('data: 40{}\n\n');
    });
  });
  setInterval(() => {
    for (const stream of streams.values()) stream.write('data: 2\n\n');
  }, pingInterval);
  await new Promise((resolve) => http.listen(0, '127.0.0.1', 4096, () => resolve(undefined)));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, count: () => streams.size };
}
