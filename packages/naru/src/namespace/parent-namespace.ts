/**
 * A namespace for many names. Its middleware, listeners and rules apply to each namespace that clients create by asking
 * for it.
 */
import type { NodeCode } from '../backplane/talk/talk.js';
import { ownText } from '../base/bytes.js';
import type { Clock } from '../base/clock.js';
import type { NamespaceContext } from './context.js';
import type { Room } from './event/target.js';
import { copySettings, coreOf, Namespace, type NamespaceOwner } from './namespace.js';
import type { SlowArguments } from './slow-policies/namespace-policies.js';
import type { SlowPolicy } from './slow-policies/policy.js';
import type { BroadcastScope } from './socket/broadcast.js';
import type { Socket } from './socket/socket.js';

let count = 0;

/**
 * Has a child for each name that its pattern or function accepted. Broadcasts and `fetchSockets` cover the children
 * that exist in this process. One whose clients are all on other servers is unknown here, and one that stays empty is
 * removed. `io.of` with the name of a child covers all servers.
 */
export class ParentNamespace extends Namespace {
  /** The namespaces that were created for this parent. */
  readonly children = new Set<Namespace>();
  readonly #scope: BroadcastScope<Socket>;

  constructor(context: NamespaceContext) {
    super(context, `/_${count}`);
    count += 1;
    this.#scope = this.#createScope(context.clock);
  }

  /** @internal */
  override get scope(): BroadcastScope<Socket> {
    return this.#scope;
  }

  /**
   * Creates the namespace `name` with the current middleware, permissions, policies and connection listeners of the
   * parent.
   */
  createChild(context: NamespaceContext, name: string, owner: NamespaceOwner): Namespace {
    const child = new Namespace(context, ownText(name), owner);
    for (const middleware of this.middleware) child.use(middleware);
    copySettings(this, child);
    for (const event of ['connect', 'connection']) {
      for (const listener of this.listeners(event)) child.on(event, listener);
    }
    return child;
  }

  override slow(policy: SlowPolicy | undefined): this;
  override slow(room: Room, policy: SlowPolicy | undefined): this;
  override slow(...args: SlowArguments): this {
    for (const child of this.children) child.slow(...(args as [Room, SlowPolicy | undefined]));
    return super.slow(...(args as [Room, SlowPolicy | undefined]));
  }

  override emit(name: string, ...args: unknown[]): boolean {
    for (const child of this.children) child.emit(name, ...args);
    return true;
  }

  #createScope(clock: Clock): BroadcastScope<Socket> {
    const scopes = (): BroadcastScope<Socket>[] => [...this.children].map(coreOf);
    return {
      name: this.name,
      clock,
      delivery: {
        broadcast: (packet, target) => {
          for (const scope of scopes()) scope.delivery.broadcast({ ...packet, nsp: scope.name }, target);
        },
      },
      broadcastWithAck: (packet, target, { onAsked, onAnswer }) => {
        const all = scopes();
        let [count, left] = [0, all.length];
        const missing = new Set<NodeCode>();
        const onAskedThere = (sockets: number, nodes: readonly NodeCode[] = []): void => {
          count += sockets;
          for (const node of nodes) missing.add(node);
          left -= 1;
          if (left === 0) onAsked(count, [...missing]);
        };
        if (left === 0) onAsked(0);
        const asked = all.map((scope) =>
          scope.broadcastWithAck({ ...packet, nsp: scope.name }, target, { onAsked: onAskedThere, onAnswer }),
        );
        return () => [...new Set(asked.flatMap((giveUp) => giveUp()))];
      },
      fetch: async (target) => {
        const all = await Promise.all(scopes().map((scope) => scope.fetch(target)));
        return {
          near: all.flatMap(({ near }) => near),
          found: all.flatMap(({ found }) => found),
          missing: [...new Set(all.flatMap(({ missing }) => missing))],
          unusable: all.find(({ unusable }) => unusable)?.unusable,
        };
      },
      act: (target, action) => {
        for (const scope of scopes()) scope.act(target, action);
      },
      drained: async (target, options) => {
        const outcomes = await Promise.all(scopes().map((scope) => scope.drained(target, options)));
        return outcomes.every((isDrained) => isDrained);
      },
      accepts: (target) => scopes().every((scope) => scope.accepts(target)),
    };
  }
}
