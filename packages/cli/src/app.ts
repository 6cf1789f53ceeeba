/** Finds and loads the app that `naru serve` runs: a folder with a `naru` field in its package.json, or one module. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Server, ServerOptions } from 'naru';
import type { Retention } from 'naru/backplane';
import type { Environment } from './arguments.js';
import { badArgument } from './failure.js';

/** The second argument of an app, besides the server. */
export interface AppContext {
  /** The HTTP server of the app. It does not listen yet. */
  readonly http: HttpServer;
  /** The environment of the program. */
  readonly env: Environment;
  /**
   * A folder for the app's own files, beside the log. The app creates it when needed. `undefined` when the log is in
   * memory or the app's own.
   */
  readonly folder: string | undefined;
  /** Writes one line to the program's standard output. */
  readonly log: (line: string) => void;
}

/** The hooks that an app may return. */
export interface AppHooks {
  /** Called first for every HTTP request that is not the engine's. Resolves to true when it has answered. */
  request?(request: IncomingMessage, response: ServerResponse): boolean | Promise<boolean>;
  /** Called once at the end, before the sockets are closed. */
  close?(): void | Promise<void>;
}

/** The function that an app's module exports, as `app` or as default. */
export type App = (io: Server, context: AppContext) => AppHooks | undefined | Promise<AppHooks | undefined>;

/** The absolute paths of the parts of an app. */
export interface AppPlace {
  readonly name: string;
  /** The folder of the app. By default the log is kept inside it. */
  readonly folder: string;
  readonly entry: string;
  /** The folder of static files. It need not exist. */
  readonly publicFolder: string;
}

/** An app that is ready to run. */
export interface LoadedApp {
  readonly app: App;
  /** Options for the server, from the module's export `options`. */
  readonly options: Partial<ServerOptions>;
  /** The retention of the log, from the module's export `retention`. */
  readonly retention: Partial<Retention>;
}

interface Manifest {
  readonly name?: unknown;
  readonly naru?: { readonly entry?: unknown; readonly public?: unknown } | null;
}

/** Finds the app at `path`, a folder or a module. Throws ConfigError when the app or its entry does not exist. */
export function findApp(path: string): AppPlace {
  const full = resolve(path);
  if (!existsSync(full)) throw badArgument(`${path} does not exist; name a folder or a module to serve`);
  const isFolder = statSync(full).isDirectory();
  const folder = isFolder ? full : dirname(full);
  const { name, naru }: Manifest = isFolder ? readManifest(join(folder, 'package.json')) : {};
  const entry = isFolder ? readPath(folder, 'entry', naru?.entry, 'index.js') : full;
  if (!existsSync(entry)) {
    throw badArgument(
      `${entry} does not exist; build the app first (npm run build), or name its entry in package.json`,
    );
  }
  return {
    name: typeof name === 'string' ? name : basename(full),
    folder,
    entry,
    publicFolder: readPath(folder, 'public', naru?.public, 'public'),
  };
}

function readManifest(file: string): Manifest {
  if (!existsSync(file)) return {};
  try {
    const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof manifest === 'object' && manifest !== null ? manifest : {};
  } catch (error) {
    throw badArgument(`${file} is not readable as JSON: ${(error as Error).message}`);
  }
}

function readPath(folder: string, field: string, value: unknown, fallback: string): string {
  if (value === undefined) return join(folder, fallback);
  if (typeof value === 'string') return resolve(folder, value);
  throw badArgument(`naru.${field} in ${join(folder, 'package.json')} must be a string with a path`);
}

/**
 * Imports the app's module (ESM or CommonJS) and reads its exports. Throws ConfigError when an export is missing or
 * wrong.
 */
export async function loadApp(place: AppPlace): Promise<LoadedApp> {
  const exported: Record<string, unknown> = await import(pathToFileURL(place.entry).href);
  // For CommonJS, `default` is `module.exports`, which may contain `app`.
  const inner: unknown = exported.default;
  const nested = typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : {};
  const app = exported.app ?? nested.app ?? nested.default ?? inner;
  if (typeof app !== 'function') {
    throw badArgument(`${place.entry} must export a function app(io, context), named app or as the default`);
  }
  const options = exported.options ?? nested.options ?? {};
  if (typeof options !== 'object' || options === null) {
    throw badArgument(`the export 'options' of ${place.entry} must be an object with server options`);
  }
  return { app: app as App, options, retention: readRetention(place, exported.retention ?? nested.retention) };
}

function readRetention({ entry }: AppPlace, value: unknown = {}): Partial<Retention> {
  const known = ['ageMs', 'bytes'];
  const isRetention =
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, each]) => known.includes(name) && typeof each === 'number' && each >= 1);
  if (isRetention) return value;
  throw badArgument(`the export 'retention' of ${entry} must be { ageMs, bytes }, each a number of at least 1`);
}
