/** Runs the functions of `io.engine.use` over requests and upgrades. */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { callHook } from '../../base/uncaught.js';

/**
 * Middleware in the form of Express. The type of a method also accepts functions that are written for Express's own
 * `Request`.
 */
export type EngineMiddlewareFunction = {
  call(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
}['call'];

/** Headers as names and values. */
export type HeaderList = (readonly [name: string, value: string])[];

/** Keeps the functions in the order of `use`, and runs them. */
export class EngineMiddleware {
  #functions: readonly EngineMiddlewareFunction[] = [];

  /** Whether no function was added. */
  get isEmpty(): boolean {
    return this.#functions.length === 0;
  }

  /** Adds a function. */
  use(middleware: EngineMiddlewareFunction): void {
    this.#functions = [...this.#functions, middleware];
  }

  /**
   * Passes a request through all functions. `done` gets the first error, and is not called when a function answers the
   * request.
   */
  run(request: IncomingMessage, response: ServerResponse, done: (error?: unknown) => void): void {
    const functions = this.#functions;
    const step = (index: number): void => {
      const middleware = functions[index];
      if (!middleware) {
        done();
        return;
      }
      let isCalled = false;
      const next = (error?: unknown): void => {
        if (isCalled) return;
        isCalled = true;
        if (error) done(error);
        else step(index + 1);
      };
      callHook(
        () => middleware(request, response, next),
        (error) => next(error ?? true),
      );
    };
    step(0);
  }

  /**
   * Passes an upgrade through all functions, with a response made for it. `done` gets the headers that they set, for
   * the 101. It is not called when a function answers the upgrade.
   */
  runForUpgrade(request: IncomingMessage, socket: Duplex, done: (error: unknown, headers: HeaderList) => void): void {
    const response = new ServerResponse(request);
    response.assignSocket(socket as NetSocket);
    // Nothing reads the socket of an upgrade, so the end of its other half would never be noticed.
    response.once('finish', () => socket.end(() => socket.destroy()));
    this.run(request, response, (error) => {
      if (response.headersSent) return;
      response.detachSocket(socket as NetSocket);
      // Some middleware sets headers, such as a session cookie, only when the head is written. The detached response
      // sends nothing.
      response.writeHead(101);
      done(error, headerListOf(response.getHeaders()));
    });
  }
}

/** Returns headers as a list. A header with several values is repeated. */
export function headerListOf(headers: Readonly<Record<string, unknown>>): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((item): HeaderList[number] => [name, String(item)]),
  );
}
