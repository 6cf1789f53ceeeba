/** The functions of `naru/engine` that make an engine. */
import { createServer, type Server as HttpServer } from 'node:http';
import type { EngineOptions } from '../options/engine-options.js';
import type { AnyHttpServer } from './attach.js';
import { EngineServer } from './engine-server.js';

/** An engine with an HTTP server of its own. */
export type ListeningEngine = EngineServer & { httpServer: HttpServer };

/** The version of the protocol, which requests name as `EIO`. */
export const protocol = 4;

/**
 * Makes an engine that answers its requests on an HTTP server and leaves the others alone. Throws ConfigError for
 * invalid options.
 */
export function attach(server: AnyHttpServer, options: EngineOptions = {}): EngineServer {
  return new EngineServer(options).attach(server);
}

/**
 * Makes an engine with an HTTP server of its own (`engine.httpServer`). The server listens on `port` and answers 501 to
 * all other requests. `onListening` is called when it listens. The HTTP server emits `error` when it cannot.
 */
export function listen(port: number, onListening?: () => void): ListeningEngine;
export function listen(port: number, options?: EngineOptions, onListening?: () => void): ListeningEngine;
export function listen(
  port: number,
  options: EngineOptions | (() => void) = {},
  onListening?: () => void,
): ListeningEngine {
  const [settings, callback] = typeof options === 'function' ? [{}, options] : [options, onListening];
  const server = createServer((_request, response) => {
    response.writeHead(501, { 'Content-Type': 'text/plain; charset=utf-8' }).end('Not Implemented\n');
  });
  const engine = attach(server, settings);
  server.listen(port, callback);
  return engine as ListeningEngine;
}
