/** The state that all STOMP connections of a server share, at all endpoints. */
import { getOrCreate } from 'naru/base';
import type { NamespaceContext, NamespaceCore, NamespaceFinder } from 'naru/wire';
import { epochOf } from 'naru/wire';
import { HeartBeats } from './heart-beats.js';
import { MessageForms } from './message-form.js';
import type { StompSettings } from './options.js';
import { type QueueBell, SharedQueues } from './queues/shared-queues.js';
import type { WorkQueueStore } from './queues/work-queue-store.js';
import { Durables } from './subscriptions/durables.js';
import { WorkQueues } from './subscriptions/work-queues.js';

const SCOPES = new WeakMap<NamespaceContext, StompScope>();

/** Settings, heart-beats, forms of messages and work queues. */
export class StompScope {
  readonly settings: StompSettings;
  readonly namespaces: NamespaceFinder;
  /** The maximum depth of arrays and objects in JSON. */
  readonly depthMax: number;
  readonly forms = new MessageForms();
  readonly heartBeats: HeartBeats;
  readonly durables: Durables;
  /** The epoch of the log, see `epochOf`. */
  readonly epoch: string;
  readonly #queues = new WeakMap<object, WorkQueues>();
  #stored: WorkQueueStore | undefined;

  private constructor(namespaces: NamespaceFinder, settings: StompSettings, depthMax: number) {
    const { context } = namespaces;
    this.settings = settings;
    this.depthMax = depthMax;
    this.namespaces = namespaces;
    this.heartBeats = new HeartBeats(context.clock);
    this.durables = new Durables(context, settings);
    this.epoch = epochOf(context);
  }

  /** Returns the scope of a server. The first call determines its settings. */
  static of(namespaces: NamespaceFinder, settings: StompSettings, depthMax: number): StompScope {
    return getOrCreate(SCOPES, namespaces.context, () => new StompScope(namespaces, settings, depthMax));
  }

  /** Returns the work queues of a namespace. */
  queuesOf(namespace: NamespaceCore): WorkQueues {
    return getOrCreate(this.#queues, namespace, () => {
      const queues = this.#createQueues(namespace.name);
      // Messages that wait in memory are lost with the core.
      namespace.idleness.keepWhile(() => queues.count > 0);
      return queues;
    });
  }

  #createQueues(namespace: string): WorkQueues {
    const { context } = this.namespaces;
    const { backplane, clock, random } = context;
    if (!backplane?.store.isDurable) return new WorkQueues(namespace, this.settings);
    this.#stored ??= new SharedQueues({ backplane, clock, random, bell: bellOf(context) });
    const store = this.#stored;
    return new WorkQueues(namespace, this.settings, {
      clock,
      store,
      namespace,
      limits: this.settings,
      nextNumber: () => this.forms.nextNumber(),
      onError: (error) => context.onLogError(error, namespace),
    });
  }
}

const RING = 'queues';

/** Returns the bell that all servers with the same backplane hear. */
function bellOf({ serverCalls }: NamespaceContext): QueueBell | undefined {
  return (
    serverCalls && {
      ring: (isWanted) => serverCalls.hint(RING, isWanted),
      hear: (onRing) => serverCalls.onHint(RING, (isWanted) => onRing(isWanted === true)),
    }
  );
}
