/** A namespace for many names: what is registered here holds for each namespace that clients call into being. */
import type { SlowArguments } from './audience.js';
import type { BroadcastScope } from './broadcast.js';
import type { NamespaceContext } from './context.js';
import { coreOf, Namespace } from './namespace.js';
import type { SlowPolicy } from './slow-readers/policy.js';
import type { Socket } from './socket/socket.js';
import type { Room } from './target.js';

let count = 0;

/** Gets its children from a pattern or a function. Whom it speaks to, finds or moves are the sockets of all of them. */
export class ParentNamespace extends Namespace {
  /** The namespaces that clients made by their names. */
  readonly children = new Set<Namespace>();
  override readonly scope: BroadcastScope<Socket> = this.#createScope();

  constructor(context: NamespaceContext) {
    super(context, `/_${count}`);
    count += 1;
  }

  /** Makes the namespace `name`, with the middleware and the listeners that stand here now. `onEmpty` is called when its last socket left. */
  createChild(context: NamespaceContext, name: string, onEmpty: ((child: Namespace) => void) | undefined): Namespace {
    const child = new Namespace(context, name, onEmpty);
    const [own, inner] = [coreOf(this), coreOf(child)];
    for (const middleware of own.middleware) child.use(middleware);
    child.allow(own.permissions.rules);
    own.slowReaders.policies.copyTo(inner.slowReaders.policies);
    for (const event of ['connect', 'connection']) {
      for (const listener of this.listeners(event)) child.on(event, listener);
    }
    this.children.add(child);
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

  #createScope(): BroadcastScope<Socket> {
    const scopes = (): BroadcastScope<Socket>[] => [...this.children].map(coreOf);
    return {
      name: this.name,
      clock: coreOf(this).clock,
      broadcast: (packet, target) => {
        for (const scope of scopes()) scope.broadcast({ ...packet, nsp: scope.name }, target);
      },
      broadcastWithAck: (packet, target, onAnswer) => {
        const asked = scopes().map((scope) => scope.broadcastWithAck({ ...packet, nsp: scope.name }, target, onAnswer));
        return {
          count: asked.reduce((sum, { count }) => sum + count, 0),
          giveUp: () => {
            for (const each of asked) each.giveUp();
          },
        };
      },
      forEach: (target, visit) => {
        for (const scope of scopes()) scope.forEach(target, visit);
      },
      drained: async (target, options) => {
        const outcomes = await Promise.all(scopes().map((scope) => scope.drained(target, options)));
        return outcomes.every((isDrained) => isDrained);
      },
      accepts: (target) => scopes().every((scope) => scope.accepts(target)),
      warnOfLocalReach: (method, flags) => {
        for (const scope of scopes()) scope.warnOfLocalReach(method, flags);
      },
    };
  }
}
