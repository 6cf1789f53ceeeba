/**
 * A balancer that sends each request and each upgrade to the next server, as HAProxy does with `balance roundrobin`.
 */
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { onTestFinished } from 'vitest';

/** A balancer. A server is taken out as by a health check. */
export interface Balancer {
  readonly url: string;
  takeOut(port: number): void;
}

/** Starts a balancer before servers on this machine, which ends with the test. */
export async function startBalancer(all: readonly number[]): Promise<Balancer> {
  let ports = all;
  let count = 0;
  const next = (): { host: string; port: number } => {
    count += 1;
    return { host: '127.0.0.1', port: ports[count % ports.length] ?? 0 };
  };
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    const { method, url: path, rawHeaders } = request;
    const outgoing = httpRequest({ ...next(), agent, method, path, headers: rawHeaders as never });
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    response.once('close', () => outgoing.destroy());
    request.pipe(outgoing);
  });
  server.on('upgrade', (request, socket, head) => {
    const { host, port } = next();
    const server = connect(port, host);
    const { rawHeaders } = request;
    const fields = rawHeaders.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${rawHeaders[at + 1]}\r\n`] : []));
    server.write(`${request.method} ${request.url} HTTP/1.1\r\n${fields.join('')}\r\n`);
    server.write(head);
    server.pipe(socket).pipe(server);
    for (const [one, other] of [
      [socket, server],
      [server, socket],
    ] as const) {
      one.on('error', () => other.destroy());
      one.once('close', () => other.destroy());
    }
    onTestFinished(() => void server.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    agent.destroy();
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeOut: (port) => {
      ports = ports.filter((each) => each !== port);
    },
  };
}
