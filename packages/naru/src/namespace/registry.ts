/** All namespaces of a server, and the patterns and functions that create more of them when clients ask. */
import { unreferencedTimers } from '../base/clock.js';
import { Deadlines } from '../base/deadlines.js';
import { ConfigError } from '../base/errors.js';
import type { Untyped } from '../base/event-map.js';
import { getOrCreate } from '../base/get-or-create.js';
import { callHook } from '../base/uncaught.js';
import type { NamespaceFinder } from './connection.js';
import type { NamespaceContext } from './context.js';
import { fullName } from './event/namespace-names.js';
import type { Auth } from './event/target.js';
import type { Idleness } from './idleness.js';
import { coreOf, dropCore, Namespace, type NamespaceOwner, usedCoreOf } from './namespace.js';
import type { NamespaceCore } from './namespace-core.js';
import { ParentNamespace } from './parent-namespace.js';
import type { JoiningClient, LeavingClient } from './socket/joining-client.js';

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
  /** Whether such a namespace is removed when it has been idle for a minute. */
  readonly cleanupEmptyChildNamespaces: boolean;
}

/**
 * The most characters of a name for which a client may create a namespace. Names stay in memory, and are keys in logs
 * on disk.
 */
const NAME_MAX = 500;

/**
 * Milliseconds after which an empty namespace lets go of its core, and one of a pattern or function is removed. Such a
 * one that no socket ever entered is removed at once.
 */
const IDLE_MS = 60_000;
/** Milliseconds after which a namespace made by name lets go of a core that no socket has entered. */
const UNENTERED_MS = 5_000;

/** Finds and creates namespaces. Names begin with a slash. */
export class NamespaceRegistry implements NamespaceFinder {
  readonly context: NamespaceContext;
  readonly #settings: RegistrySettings;
  readonly #namespaces = new Map<string, Namespace>();
  readonly #parents = new Map<NamespaceMatcher, ParentNamespace>();
  readonly #patterns = new Map<string, ParentNamespace>();
  readonly #owners = new Map<ParentNamespace | undefined, NamespaceOwner>();
  #dynamicCount = 0;
  #isClosed = false;
  /** The cores of namespaces that have become empty. */
  readonly #idle: Deadlines<Idleness>;
  /** The new cores of namespaces that were made by name. Many only send events to other nodes, or to the log. */
  readonly #unentered: Deadlines<Idleness>;
  /** Called with each new namespace except the main one. */
  readonly #onNew: (namespace: Namespace) => void;

  constructor(context: NamespaceContext, settings: RegistrySettings, onNew: (namespace: Namespace) => void) {
    this.context = context;
    this.#settings = settings;
    this.#onNew = onNew;
    const queue = (ms: number): Deadlines<Idleness> =>
      new Deadlines(unreferencedTimers(context.clock), ms, (idleness) => this.#onIdle(idleness));
    this.#idle = queue(IDLE_MS);
    this.#unentered = queue(UNENTERED_MS);
  }

  /** The existing namespaces by name. */
  get namespaces(): ReadonlyMap<string, Namespace> {
    return this.#namespaces;
  }

  /** Returns the cores of all namespaces that were used. */
  cores(): NamespaceCore[] {
    return [...this.#namespaces.values()].flatMap((namespace) => usedCoreOf(namespace) ?? []);
  }

  /** The clients that are in a namespace. */
  connections(): Set<JoiningClient> {
    const connections = new Set<JoiningClient>();
    for (const { members } of this.cores())
      for (const { client } of members.members.values()) connections.add(client as JoiningClient);
    return connections;
  }

  /** The clients that are in a namespace, or about to join one. A request for a single answer gets that. */
  leaving(): ReadonlySet<LeavingClient> {
    const unjoined = this.context.unjoined.all.filter(({ isGuest }) => !isGuest);
    return new Set<LeavingClient>([...this.connections(), ...unjoined]);
  }

  /** Lets go of the cores that were closed with the server, which listens again. A closed core hears nothing. */
  open(): void {
    this.#isClosed = false;
    for (const { name } of this.cores()) dropCore(this.of(name));
    this.get('/');
  }

  /** Ends the capabilities of all namespaces. Timers for clients that may reconnect would keep the program alive. */
  close(): void {
    this.#isClosed = true;
    for (const queue of [this.#idle, this.#unentered])
      for (let { first } = queue; first; { first } = queue) queue.remove(first);
    for (const core of this.cores()) core.close();
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
    const full = fullName(name);
    const known = this.#namespaces.get(full);
    if (known) return known;
    for (const [matches, parent] of this.#patternMatchers) if (matches(full)) return this.#createChild(parent, full);
    // The main namespace always has its core.
    const namespace = new Namespace(this.context, full, full === '/' ? undefined : this.#ownerOf(undefined));
    this.#namespaces.set(full, namespace);
    if (full !== '/') this.#onNew(namespace);
    // The main namespace looks at once whether the home can be used.
    else coreOf(namespace);
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
    const child = parent.createChild(this.context, name, this.#ownerOf(parent));
    this.#add(child, parent);
    this.#onNew(child);
    return child;
  }

  #add(namespace: Namespace, parent: ParentNamespace | undefined): void {
    this.#namespaces.set(namespace.name, namespace);
    if (!parent) return;
    parent.children.add(namespace);
    this.#dynamicCount += 1;
  }

  /** Returns the owner of the namespaces of a pattern or function, or of all others. */
  #ownerOf(parent: ParentNamespace | undefined): NamespaceOwner {
    return getOrCreate(this.#owners, parent, () => ({
      onUse: (namespace) => {
        const known = this.#namespaces.get(namespace.name);
        if (!known) this.#add(namespace, parent);
        return known ?? namespace;
      },
      present: (namespace) => this.#namespaces.get(namespace.name) ?? namespace,
      onMade: ({ idleness }) => this.#wait(idleness, parent ? this.#idle : this.#unentered),
      onEmpty: ({ wasUsed, idleness }) => {
        if (parent && !wasUsed && idleness.isIdle) this.#letGo(idleness);
        else this.#wait(idleness);
      },
    }));
  }

  /** A namespace was empty a minute ago. If it still is, but a client may come back to its session, its core stays. */
  #onIdle(idleness: Idleness): void {
    const { isEmpty } = idleness.core;
    if (!isEmpty) return;
    if (idleness.isIdle) this.#letGo(idleness);
    else this.#wait(idleness);
  }

  #wait(idleness: Idleness, queue = this.#idle): void {
    if (!this.#isClosed) queue.add(idleness);
  }

  #letGo({ core }: Idleness): void {
    const { name } = core;
    const namespace = this.#namespaces.get(name);
    // A namespace may have another core since, or another one may have its name.
    if (!namespace || usedCoreOf(namespace) !== core) return;
    dropCore(namespace);
    if (!this.#settings.cleanupEmptyChildNamespaces) return;
    for (const { children } of this.#parents.values()) {
      if (!children.delete(namespace)) continue;
      this.#namespaces.delete(name);
      this.#dynamicCount -= 1;
      this.context.counts.close(name);
    }
  }
}
