/**
 * Runs one app: an HTTP server with the realtime server, the app's own answers and its files. Closes all of them at the
 * end.
 */
import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Server } from 'naru';
import type { Retention } from 'naru/backplane';
import type { LinksOptions, ServerEndpoint } from 'naru/wire';
import { type AppHooks, type AppPlace, loadApp } from './app.js';
import type { Environment } from './arguments.js';
import { APP_FOLDER, type Data, explainLogError } from './data-folder.js';
import type { Place } from './failure.js';
import { type Answer, staticFiles } from './files/static-files.js';
import { wiresFor } from './wires.js';

/** The dependencies of `serve`, passed in so that tests can run it in their own process. */
export interface Surroundings {
  readonly env: Environment;
  readonly log: (line: string) => void;
  /** Reports an error that no caller waits for. */
  readonly report: (error: unknown) => void;
  /** Opens the log for an app that does not bring its own; without this function the app has no log. */
  readonly openData?: (retention: Partial<Retention>) => Promise<Data>;
  /** Links to servers on other machines. They replace those that the app names. */
  readonly links?: LinksOptions | undefined;
  /** Called with the server before the app. */
  readonly measure?: ((io: Server) => void) | undefined;
}

/** A running app. */
export interface Serving {
  readonly io: Server;
  readonly address: AddressInfo;
  /** The endpoints besides HTTP, in the order in which they were requested. */
  readonly endpoints: readonly ServerEndpoint[];
  /** The log; `undefined` when the app has its own, or none. */
  readonly data: Data | undefined;
  /**
   * Closes the app, the sockets and the connections. With `isGentle`, the server first sends its clients away in waves.
   * A later call without `isGentle` cuts this short. Resolves when everything is closed.
   */
  close(isGentle?: boolean): Promise<void>;
}

/**
 * Loads the app and listens. Rejects when the app cannot be loaded or an address is in use, and leaves nothing open.
 */
export async function serve(
  appPlace: AppPlace,
  place: Place,
  surroundings: Surroundings,
  endpoints: readonly string[] = [],
): Promise<Serving> {
  const loaded = await loadApp(appPlace);
  const answers: Answer[] = [];
  const http = createServer((request, response) => {
    answer(answers, request, response).catch((error: unknown) => {
      surroundings.report(error);
      refuse(response);
    });
  });
  const data = loaded.options.backplane ? undefined : await surroundings.openData?.(loaded.retention);
  const { links, env, log } = surroundings;
  const { wires = [] } = loaded.options;
  const io = new Server(http, {
    health: true,
    ...loaded.options,
    wires: [...wires, ...(await wiresFor(endpoints, wires))],
    ...(data && { backplane: data.backplane }),
    ...(links && { links: { ...loaded.options.links, ...links } }),
  });
  const reportLog = sparingly((error) => surroundings.report(explainLogError(error, data?.folder)));
  // When the log cannot store events, the server reports the error and still delivers them.
  if (data) io.engine.on('log_error', reportLog);
  io.engine.on('link_error', surroundings.report);
  let hooks: AppHooks = {};
  try {
    surroundings.measure?.(io);
    const folder = data?.folder === undefined ? undefined : join(data.folder, APP_FOLDER);
    const returned: unknown = await loaded.app(io, { http, env, log, folder });
    if (typeof returned === 'object' && returned !== null) hooks = returned;
    const request = hooks.request?.bind(hooks);
    if (request !== undefined) answers.push(async (...pair) => request(...pair));
    answers.push(staticFiles(appPlace.publicFolder));
    const address = await listen(http, place);
    http.on('error', surroundings.report);
    await openEndpoints(io, endpoints);
    let closing: Promise<void> | undefined;
    return {
      io,
      address,
      endpoints: [...io.endpoints],
      data,
      close: (isGentle = false) => {
        if (closing && !isGentle) void io.drain({ withinMs: 0 });
        closing ??= (isGentle ? io.drain() : Promise.resolve()).then(() => close(http, io, hooks, data));
        return closing;
      },
    };
  } catch (error) {
    await close(http, io, hooks, data).catch(surroundings.report);
    throw error;
  }
}

/** Limits a repeating report: the first error at once, and then at most one every REPORT_EVERY_MS. */
function sparingly(report: (error: unknown) => void): (error: unknown) => void {
  let nextAt = 0;
  return (error) => {
    const now = Date.now();
    if (now < nextAt) return;
    nextAt = now + REPORT_EVERY_MS;
    report(error);
  };
}

const REPORT_EVERY_MS = 60_000;

async function listen(http: HttpServer, { host, port }: Place): Promise<AddressInfo> {
  http.listen({ port, host });
  // Rejects with the server's error when it cannot listen.
  await once(http, 'listening');
  return http.address() as AddressInfo;
}

async function openEndpoints(io: Server, endpoints: readonly string[]): Promise<void> {
  // `ready` is awaited from here on. If `listen` throws for one endpoint, failures of earlier ones are still observed.
  await io.ready();
  for (const endpoint of endpoints) io.listen(endpoint);
  await io.ready();
}

/** Offers a request to each answer in turn, and responds with 404 when none takes it. */
async function answer(answers: readonly Answer[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'same-origin');
  for (const each of answers) {
    if (await each(request, response)) return;
  }
  writeText(response, 404, 'Not found\n');
}

/** Answers with 500 after an internal error, or cuts the response off when it has already begun. */
function refuse(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else writeText(response, 500, 'The server failed to answer\n');
}

function writeText(response: ServerResponse, status: number, text: string): void {
  for (const name of ['ETag', 'Last-Modified', 'Content-Encoding', 'Content-Length']) response.removeHeader(name);
  // The request's body is not read, so the connection cannot be reused.
  const isBodyless = response.req.method === 'GET' || response.req.method === 'HEAD';
  if (!isBodyless) response.setHeader('Connection', 'close');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.writeHead(status).end(text);
}

async function close(http: HttpServer, io: Server, hooks: AppHooks, data: Data | undefined): Promise<void> {
  try {
    await hooks.close?.();
  } finally {
    // Clients have 500 ms to receive their last packet. Then open requests are cut off.
    const late = setTimeout(() => http.closeAllConnections(), 500);
    // Uses the callback, because the promise rejects for an HTTP server that never listened, which is normal here.
    await new Promise<void>((resolve) => io.close(() => resolve()));
    clearTimeout(late);
    http.closeAllConnections();
    if (http.listening) await new Promise((resolve) => http.close(resolve));
    await data?.backplane.close();
  }
}
