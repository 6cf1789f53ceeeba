/**
 * Prints what a client decides, if somebody asks for it: in Node by the environment variable `NARU_DEBUG`, in a page by
 * the key `naru_debug` of its local storage. Files for production leave this out. docs/debugging.md.
 */
import type { WatchedManager } from './debug-lines.js';

/** The globals of Node and of pages that may ask for lines. */
interface Asking {
  readonly process?: Readonly<Record<'env' | 'versions', Readonly<Record<string, string>> | undefined>>;
  readonly localStorage: { getItem(key: string): string | null };
}

/** Prints lines about a connection and its sockets, if they are asked for. Loads the printer then. */
export function printLines(manager: WatchedManager): void {
  const wish = readWish();
  if (!/(^|,)\s*(all|client)\s*(,|$)/.test(wish ?? '')) return;
  // The first lines are about the network, so the printer is there in time.
  void import('./debug-lines.js').then(({ watch }) => watch(manager));
}

function readWish(): string | null | undefined {
  const host = globalThis as object as Asking;
  const { env, versions } = host.process ?? {};
  // Bundlers put a process without a version into pages.
  if (env && versions?.node) return env.NARU_DEBUG;
  try {
    return host.localStorage.getItem('naru_debug');
  } catch {
    // A page in a frame of its own, or with its storage blocked, cannot ask.
    return undefined;
  }
}
