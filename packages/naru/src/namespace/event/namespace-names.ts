/** Namespaces that a program names in an option: by name, by a pattern, or by a list of both. */

import { value } from '../../base/options/kinds.js';
import { isObject } from '../../base/options/table.js';

/** The name of a namespace, a pattern of names, or a list of them. */
export type NamespaceNames = string | RegExp | readonly (string | RegExp)[];

/** The option that names the namespaces without a log. */
export const withoutLog = value<NamespaceNames>('the name of a namespace, a pattern, or a list of them', isNames);

/**
 * The choice for events while a log on another machine is silent: they wait, or the clients of this server get them at
 * once. With an object, the latter holds for the namespaces that it names.
 */
export type WhileAway = 'wait' | 'local' | { readonly local: NamespaceNames };

/** The option with this choice. */
export const whileAway = value<WhileAway, 'wait'>(
  '"wait", "local", or an object whose "local" names namespaces',
  (given) => given === 'wait' || given === 'local' || (isObject(given) && isNames(given.local)),
  'wait',
);

/** Returns the function that says whether a namespace does not wait for a log that is silent. */
export function localMatcher(given: WhileAway): (name: string) => boolean {
  return typeof given === 'string' ? () => given === 'local' : namespaceMatcher(given.local);
}

/** Whether a value names namespaces. */
function isNames(given: unknown): boolean {
  return listOf(given).every((each) => (typeof each === 'string' && each !== '') || each instanceof RegExp);
}

/** Returns the function that says whether a namespace is among those that were named. */
export function namespaceMatcher(names: NamespaceNames): (name: string) => boolean {
  const all = listOf(names) as readonly (string | RegExp)[];
  const patterns = all.filter((each) => each instanceof RegExp);
  const known = new Set(all.filter((each) => typeof each === 'string').map(fullName));
  // `test` would move the position (`lastIndex`) of a pattern with the flag g or y.
  return (name) => known.has(name) || patterns.some((pattern) => name.search(pattern) >= 0);
}

/** Returns the name of a namespace with the slash at its beginning. */
export function fullName(name: string): string {
  return name.startsWith('/') ? name : `/${name}`;
}

function listOf(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? given : [given];
}
