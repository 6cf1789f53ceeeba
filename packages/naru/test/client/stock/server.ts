/** A stock Socket.IO server on a free port, for tests of the client. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, type ServerOptions } from 'socket.io';

/** A running server. */
export interface StockServer {
  server: Server;
  http: HttpServer;
  url: string;
  port: number;
  close(): Promise<void>;
}

/** Starts a server. With `port` 0 the system chooses the port. */
export async function startStockServer(options: Partial<ServerOptions> = {}, port = 0): Promise<StockServer> {
  const http = createServer();
  const server = new Server(http, options);
  await new Promise<void>((resolve) => http.listen(port, resolve));
  const at = (http.address() as AddressInfo).port;
  return { server, http, url: `http://localhost:${at}`, port: at, close: () => server.close() };
}

/** Resolves with the arguments of the next `name` event. */
export function next(emitter: { once(name: never, listener: never): unknown }, name: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    const listener = (...args: unknown[]): void => resolve(args);
    emitter.once(name as never, listener as never);
  });
}
