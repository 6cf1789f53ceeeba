/** All namespaces of a server, and the patterns and functions that create more of them when clients ask. */
import { ConfigError } from '../base/errors.js';
import type { Untyped } from '../base/event-map.js';
import { getOrCreate } from '../base/get-or-create.js';
import { callHook } from '../base/uncaught.js';
import type { NamespaceFinder } from './connection.js';
import type { NamespaceContext } from './context.js';
import type { Auth } from './event/target.js';
import { coreOf, Namespace } from './namespace.js';
import type { NamespaceCore } from './namespace-core.js';
import { ParentNamespace } from './parent-namespace.js';

/** Decides whether a client gets a namespace that does not exist yet. */
export type NamespaceMatcher = (
  name: string,
  auth: Record<string, Untyped>,
  next: (error: Error | null, isAllowed: boolean) => void,
) => void;

/** Settings of a registry. */
export interface RegistrySettings {
  /** The most namespaces that patterns and functions may create. */
  readonly dynamicNamespacesMax: number;
  /** Whether such a namespace is removed when its last socket has left. */
  readonly cleanupEmptyChildNamespaces: boolean;
}

/**
 * The most characters of a name for which a client may create a namespace. Names stay in memory, and are keys in logs
 * on disk.
 */
const NAME_MAX = 500;

/** Finds and creates namespaces. Names begin with a slash. */
export class NamespaceRegistry implements NamespaceFinder {
  readonly context: NamespaceContext;
  readonly #settings: RegistrySettings;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #parents = new Map<NamespaceMatcher, ParentNamespace>();
  readonly #patterns = new Map<string, ParentNamespace>();
  #dynamicCount = 0;
  /** Called with each new namespace except the main one. */
  readonly #onNew: (namespace: Namespace) => void;

  constructor(context: NamespaceContext, settings: RegistrySettings, onNew: (namespace: Namespace) => void) {
    this.context = context;
    this.#settings = settings;
    this.#onNew = onNew;
  }

  /** The existing namespaces by name. */
  get namespaces(): ReadonlyMap<string, Namespace> {
    return this.#namespaces;
  }

  /** Returns the cores of all namespaces. */
  cores(): NamespaceCore[] {
    return [...this.#namespaces.values()].map(coreOf);
  }

  /** Ends the capabilities of all namespaces. Timers for clients that may reconnect would keep the program alive. */
  close(): void {
    for (const core of this.cores()) {
      // Events of this turn belong in the log, which the application may close next.
      core.settle();
      core.recovery?.close();
      core.presences.close();
      core.remoteCalls?.close();
      core.delivery.close();
    }
  }

  /**
   * Returns the namespace of a name, and creates it if necessary. For a pattern or a function, returns the parent
   * namespace.
   */
  of(name: unknown): Namespace {
    if (typeof name === 'function') return this.#parentOf(name as NamespaceMatcher);
    if (name instanceof RegExp) return this.#patternOf(name);
    if (typeof name !== 'string') {
      throw new ConfigError(
        'BAD_ARGUMENT',
        `a namespace must be a string, a pattern or a function, got ${typeof name}`,
      );
    }
    const full = name.startsWith('/') ? name : `/${name}`;
    const known = this.#namespaces.get(full);
    if (known) return known;
    for (const [matches, parent] of this.#patternMatchers) if (matches(full)) return this.#createChild(parent, full);
    const namespace = new Namespace(this.context, full);
    this.#namespaces.set(full, namespace);
    if (full !== '/') this.#onNew(namespace);
    return namespace;
  }

  get(name: string): NamespaceCore | undefined {
    const known = this.#namespaces.get(name);
    return known && coreOf(known);
  }

  find(name: string, auth: Auth, callback: (namespace: NamespaceCore | undefined) => void): void {
    const known = this.get(name);
    if (known || this.#parents.size === 0 || name.length > NAME_MAX) callback(known);
    else this.#ask([...this.#parents], 0, name, auth, callback);
  }

  #patternMatchers: (readonly [(name: string) => boolean, ParentNamespace])[] = [];

  #patternOf(pattern: RegExp): Namespace {
    const key = String(pattern);
    const known = this.#patterns.get(key);
    if (known) return known;
    // `test` would move the position (`lastIndex`) of a pattern with the flag g or y.
    const matches = (name: string): boolean => name.search(pattern) >= 0;
    const parent = this.#parentOf((name, _auth, next) => next(null, matches(name)));
    this.#patterns.set(key, parent);
    this.#patternMatchers.push([matches, parent]);
    return parent;
  }

  #parentOf(matcher: NamespaceMatcher): ParentNamespace {
    return getOrCreate(this.#parents, matcher, () => new ParentNamespace(this.context));
  }

  #ask(
    parents: readonly (readonly [NamespaceMatcher, ParentNamespace])[],
    index: number,
    name: string,
    auth: Auth,
    callback: (namespace: NamespaceCore | undefined) => void,
  ): void {
    const entry = parents[index];
    if (!entry) {
      callback(undefined);
      return;
    }
    const [matcher, parent] = entry;
    let isCalled = false;
    const answer = (error: Error | null, isAllowed: boolean): void => {
      if (isCalled) return;
      isCalled = true;
      if (error || !isAllowed) this.#ask(parents, index + 1, name, auth, callback);
      else this.#give(this.#namespaces.get(name) ?? this.#createBounded(parent, name), callback);
    };
    callHook(
      () => matcher(name, auth ?? {}, answer),
      () => answer(null, false),
    );
  }

  #give(namespace: Namespace | undefined, callback: (namespace: NamespaceCore | undefined) => void): void {
    const core = namespace && coreOf(namespace);
    callback(core);
    // The client that asked for the namespace may be gone.
    core?.checkEmpty();
  }

  #createBounded(parent: ParentNamespace, name: string): Namespace | undefined {
    return this.#dynamicCount < this.#settings.dynamicNamespacesMax ? this.#createChild(parent, name) : undefined;
  }

  #createChild(parent: ParentNamespace, name: string): Namespace {
    const child = parent.createChild(
      this.context,
      name,
      this.#settings.cleanupEmptyChildNamespaces ? this.#remove : undefined,
    );
    this.#namespaces.set(name, child);
    this.#dynamicCount += 1;
    this.#onNew(child);
    return child;
  }

  readonly #remove = (child: Namespace): void => {
    if (this.#namespaces.get(child.name) !== child) return;
    this.#namespaces.delete(child.name);
    this.#dynamicCount -= 1;
    this.context.counts.close(child.name);
    for (const parent of this.#parents.values()) parent.children.delete(child);
  };
}
