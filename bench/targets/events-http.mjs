/**
 * The common part of both targets of plain events: a request by which the loader makes the server send messages to the
 * room.
 */

const SAY = '/say/';

/**
 * Listens. `GET /say/<count>/<text>` is answered at once and carried out afterwards.
 * @param {import('node:http').Server} http
 * @param {(text: string, count: number) => void} say
 * @returns {Promise<number>} the port
 */
export async function listenAndSay(http, say) {
  http.on('request', (request, response) => {
    if (!request.url?.startsWith(SAY)) return;
    const [count, text] = request.url.slice(SAY.length).split('/');
    response.writeHead(200, { 'Content-Length': 2 }).end('ok');
    say(decodeURIComponent(text ?? ''), Number(count));
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', 4096, () => resolve(undefined)));
  return /** @type {import('node:net').AddressInfo} */ (http.address()).port;
}
