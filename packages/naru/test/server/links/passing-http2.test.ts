import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, constants, createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { certificate } from '../../../../../test/conformance/peers/certificate.js';
import { makeFolder } from '../../../../../test/kit/folders.js';
import { systemClock } from '../../../src/base/clock.js';
import type { LinkPlace } from '../../../src/server/links/dial.js';
import { LinkServer, linkPath } from '../../../src/server/links/link-server.js';
import { Passing, type TalkPlace } from '../../../src/server/links/passing.js';

const NODE = 'abcdefgh';

/** Passes a request over HTTP/2 on. The returned function ends the request, and resolves when the server knows. */
async function openRequest(find: (found: (place: LinkPlace | TalkPlace) => void) => void) {
  const passing = new Passing({ find: (_node, found) => find(found) }, systemClock);
  const refused: string[] = [];
  let closed: Promise<unknown> | undefined;
  const server = createSecureServer(certificate, (...pair) => {
    const [request, response] = pair as object as [IncomingMessage, ServerResponse];
    closed = once(response, 'close');
    passing.passRequest(NODE, request, response, () => void refused.push(String(request.url)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { ca: certificate.cert });
  onTestFinished(() => {
    client.destroy();
    server.close();
    passing.close();
  });
  const stream = client.request({ ':path': '/a' }).on('error', () => undefined);
  const leave = async () => {
    stream.close(constants.NGHTTP2_CANCEL);
    await closed;
  };
  return { refused, leave };
}

it('passes a request no further whose client has gone before its node is found', async () => {
  const finds: ((place: TalkPlace) => void)[] = [];
  const { refused, leave } = await openRequest((found) => void finds.push(found));
  await expect.poll(() => finds.length).toBe(1);
  await leave();
  const passed: string[] = [];
  finds[0]?.({ passRequest: (node) => passed.push(node) });
  expect([passed, refused]).toEqual([[], []]);
});

it('does not refuse a request whose client has gone before its node answers', async () => {
  const place = { path: linkPath(makeFolder({}), NODE) };
  const arrived: Promise<unknown>[] = [];
  const owner = new LinkServer(place, () => ({
    handleRequest: (_request, response) => void arrived.push(once(response, 'close')),
    handleUpgrade: (_request, socket) => socket.end(),
  }));
  await owner.ready;
  onTestFinished(() => owner.close());
  const { refused, leave } = await openRequest((found) => found(place));
  await expect.poll(() => arrived.length).toBe(1);
  await leave();
  await arrived[0];
  expect(refused).toEqual([]);
});
