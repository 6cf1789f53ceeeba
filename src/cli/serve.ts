/** Runs one app: an HTTP server, the realtime server on it, the app's own answers, its files, and the end of all of these. */
import { once } from 'node:events';
import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Retention } from '../backplane/backplane.js';
import { Server } from '../server/api/index.js';
import type { ServerEndpoint } from '../server/endpoints/endpoint.js';
import { type AppHooks, type AppPlace, loadApp } from './app.js';
import type { Environment } from './arguments.js';
import { APP_FOLDER, type Data, explainLogError } from './data-folder.js';
import type { Place } from './failure.js';
import { type Answer, staticFiles } from './static-files.js';

/** What `serve` needs from outside, so that it can run without a process of its own. */
export interface Surroundings {
  readonly env: Environment;
  readonly log: (line: string) => void;
  /** Reports an error that no caller waits for. */
  readonly report: (error: unknown) => void;
  /** Opens the log, for an app that does not bring its own; without it there is none. */
  readonly openData?: (retention: Partial<Retention>) => Promise<Data>;
}

/** An app that is being served. */
export interface Serving {
  readonly address: AddressInfo;
  /** The endpoints besides HTTP, in the order in which they were asked for. */
  readonly endpoints: readonly ServerEndpoint[];
  /** The log; nothing where the app has its own, or none. */
  readonly data: Data | undefined;
  /** Ends it, with `isGentle` in waves of clients: the app, the sockets, the connections. Resolves when nothing is open any more; a second call joins the first. */
  close(isGentle?: boolean): Promise<void>;
}

/** Loads the app and listens. Rejects when the app cannot be loaded or a place is taken; nothing stays open then. */
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
  const io = new Server(http, data ? { ...loaded.options, backplane: data.backplane } : loaded.options);
  const reportLog = sparingly((error) => surroundings.report(explainLogError(error, data?.folder)));
  // What the log cannot keep is reported, and the server goes on.
  if (data) io.engine.on('log_error', reportLog);
  let hooks: AppHooks = {};
  try {
    const returned: unknown = await loaded.app(io, {
      http,
      env: surroundings.env,
      log: surroundings.log,
      folder: data?.folder === undefined ? undefined : join(data.folder, APP_FOLDER),
    });
    if (typeof returned === 'object' && returned !== null) hooks = returned;
    const request = hooks.request?.bind(hooks);
    if (request !== undefined) answers.push(async (...pair) => request(...pair));
    answers.push(staticFiles(appPlace.publicFolder));
    const address = await listen(http, place);
    http.on('error', surroundings.report);
    await openEndpoints(io, endpoints);
    let closing: Promise<void> | undefined;
    return {
      address,
      endpoints: [...io.endpoints],
      data,
      close: (isGentle = false) => {
        closing ??= (isGentle ? io.drain() : Promise.resolve()).then(() => close(http, io, hooks, data));
        return closing;
      },
    };
  } catch (error) {
    await close(http, io, hooks, data).catch(surroundings.report);
    throw error;
  }
}

/** Reports the first of many alike at once, and then the newest of them once in a while. */
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
  // Rejects with the error of a server that cannot listen.
  await once(http, 'listening');
  return http.address() as AddressInfo;
}

async function openEndpoints(io: Server, endpoints: readonly string[]): Promise<void> {
  // From here on somebody waits for the endpoints, also for those that were opened before one that throws.
  await io.ready();
  for (const endpoint of endpoints) io.listen(endpoint);
  await io.ready();
}

/** Asks each answer in turn; a request that nobody takes is not found. */
async function answer(answers: readonly Answer[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'same-origin');
  for (const each of answers) {
    if (await each(request, response)) return;
  }
  writeText(response, 404, 'Not found\n');
}

/** Ends a request that went wrong here, as far as its response allows. */
function refuse(response: ServerResponse): void {
  if (response.headersSent) response.destroy();
  else writeText(response, 500, 'The server failed to answer\n');
}

function writeText(response: ServerResponse, status: number, text: string): void {
  for (const name of ['ETag', 'Last-Modified', 'Content-Encoding', 'Content-Length']) response.removeHeader(name);
  // A body that came with the request is not read, so the connection cannot be used again.
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
    // Clients get this long, in milliseconds, to take their last packet; then requests still under way are cut off.
    const late = setTimeout(() => http.closeAllConnections(), 500);
    // With a callback, because an HTTP server that never listened is an error otherwise, and here it is none.
    await new Promise<void>((resolve) => io.close(() => resolve()));
    clearTimeout(late);
    http.closeAllConnections();
    if (http.listening) await new Promise((resolve) => http.close(resolve));
    await data?.backplane.close();
  }
}
