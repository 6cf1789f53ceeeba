/** A namespace for many names: what is registered here holds for each namespace that clients call into being. */
import type { EventName } from '../base/emitter.js';
import type { SocketPacket } from '../protocol/socket-io/packet.js';
import type { NamespaceContext } from './context.js';
import { Namespace } from './namespace.js';
import type { SlowPolicy } from './slow/policy.js';
import type { Room, Target } from './target.js';

let count = 0;

/** Gets its children from a pattern or a function. Its own broadcasts go to all of them. */
export class ParentNamespace extends Namespace {
  /** The namespaces that clients made by their names. */
  readonly children = new Set<Namespace>();

  constructor(context: NamespaceContext) {
    super(context, `/_${count}`);
    count += 1;
  }

  /** Makes the namespace `name`, with the middleware and the listeners that stand here now. `onEmpty` is called when its last socket left. */
  createChild(context: NamespaceContext, name: string, onEmpty: ((child: Namespace) => void) | undefined): Namespace {
    const child = new ChildNamespace(context, name, onEmpty);
    for (const middleware of this.middleware) child.use(middleware);
    child.allow(this.doors.rules);
    this.slowReaders.policies.copyTo(child.slowReaders.policies);
    for (const event of ['connect', 'connection']) {
      for (const listener of this.listeners(event)) child.on(event, listener);
    }
    this.children.add(child);
    return child;
  }

  override broadcast(packet: SocketPacket, target: Target): void {
    for (const child of this.children) child.broadcast({ ...packet, nsp: child.name }, target);
  }

  override slow(policy: SlowPolicy | undefined): this;
  override slow(room: Room, policy: SlowPolicy | undefined): this;
  override slow(...args: readonly [SlowPolicy | undefined] | readonly [Room, SlowPolicy | undefined]): this {
    for (const child of this.children) child.slow(...(args as [Room, SlowPolicy | undefined]));
    return super.slow(...(args as [Room, SlowPolicy | undefined]));
  }

  override emit(name: EventName, ...args: unknown[]): boolean {
    for (const child of this.children) child.emit(name, ...args);
    return true;
  }
}

class ChildNamespace extends Namespace {
  readonly #onEmpty: ((child: Namespace) => void) | undefined;

  constructor(context: NamespaceContext, name: string, onEmpty: ((child: Namespace) => void) | undefined) {
    super(context, name);
    this.#onEmpty = onEmpty;
  }

  protected override onEmpty(): void {
    this.#onEmpty?.(this);
  }
}
