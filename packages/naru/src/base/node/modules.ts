/**
 * Modules of Node that few servers use at once. Each is loaded when it is first used, because they take as long to load
 * as a third of Naru.
 */

/** The modules by name. */
interface Modules {
  readonly cluster: typeof import('node:cluster').default;
  readonly crypto: typeof import('node:crypto');
  readonly https: typeof import('node:https');
  readonly tls: typeof import('node:tls');
  readonly zlib: typeof import('node:zlib');
}

const loaded: Partial<Record<keyof Modules, unknown>> = {};

/** Returns a module of Node. */
export function nodeModule<Name extends keyof Modules>(name: Name): Modules[Name] {
  loaded[name] ??= process.getBuiltinModule(`node:${name}`);
  return loaded[name] as Modules[Name];
}

/** Whether this process is a worker of `node:cluster`. */
export function isClusterWorker(): boolean {
  // A worker has a channel to its primary process, so no other program loads the module here.
  return process.send !== undefined && nodeModule('cluster').isWorker;
}
