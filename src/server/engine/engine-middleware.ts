/** Runs the functions of `io.engine.use` over requests and upgrades. */
import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket as NetSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { callHook } from '../../base/uncaught.js';

/** A function as Express and its like take them. The type of a method also admits one that is written for Express's own `Request`. */
export type EngineMiddlewareFunction = {
  call(request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
}['call'];

/** Headers as names and values. */
export type HeaderList = (readonly [name: string, value: string])[];

/** The functions, in the order of `use`. */
export class EngineMiddleware {
  #functions: readonly EngineMiddlewareFunction[] = [];

  /** Whether there are any. */
  get isEmpty(): boolean {
    return this.#functions.length === 0;
  }

  /** Adds a function. */
  use(middleware: EngineMiddlewareFunction): void {
    this.#functions = [...this.#functions, middleware];
  }

  /** Passes a request through all functions; `done` gets the error of the first that has one. A function that answers itself ends it. */
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
   * Passes an upgrade through all functions, with a response of its own. `done` gets the headers that they set, for the 101; it is not
   * called when one of them answered.
   */
  runForUpgrade(request: IncomingMessage, socket: Duplex, done: (error: unknown, headers: HeaderList) => void): void {
    const response = new ServerResponse(request);
    response.assignSocket(socket as NetSocket);
    // An upgrade's socket is not read by anybody, so its other half would never be seen to end.
    response.once('finish', () => socket.end(() => socket.destroy()));
    this.run(request, response, (error) => {
      if (response.headersSent) return;
      response.detachSocket(socket as NetSocket);
      // Some set their headers only when the head is written, a session's cookie for instance; nothing leaves by this.
      response.writeHead(101);
      done(error, headerListOf(response.getHeaders()));
    });
  }
}

/** Headers as a list; one that has several values stands there several times. */
export function headerListOf(headers: Readonly<Record<string, unknown>>): HeaderList {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value].flat().map((item): HeaderList[number] => [name, String(item)]),
  );
}
