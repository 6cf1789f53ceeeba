/** The backplane of a server, as applications see it. */
import type { Backplane, BackplaneState } from '../../backplane/backplane.js';
import { Emitter, type NoEvents } from '../../base/emitter.js';
import type { NamespaceContext } from '../../namespace/context.js';
import type { BackplaneCounts } from '../../namespace/log/counts.js';
import { homeChanged } from '../../taps/taps.js';

/** The event by which clients ask for the state of the backplane. Its acknowledgement gets `{ state }`. */
export const STATE = 'naru:backplane';

/** The events of a backplane. */
export interface BackplaneEvents {
  /** Emitted when the state has changed, and when there is another reason why it is `unusable`. */
  state: (state: BackplaneState) => void;
}

/**
 * The backplane of a server: how well its home can be reached, and what this server has heard and sent. Emits `state`.
 */
export class ServerBackplane extends Emitter<NoEvents, BackplaneEvents> {
  readonly #backplane: Backplane;
  readonly #context: Pick<NamespaceContext, 'counts' | 'confirmations'>;

  constructor(backplane: Backplane, context: Pick<NamespaceContext, 'counts' | 'confirmations'>) {
    super();
    this.#backplane = backplane;
    this.#context = context;
    backplane.onState?.((state, reason) => {
      if (homeChanged.hasSubscribers) homeChanged.publish({ backplane: this.name, state, detail: textOf(reason) });
      this.tell('state', state);
    });
  }

  /** The kind of backplane: `memory`, `local`, `redis` or `nats`. */
  get name(): string {
    return this.#backplane.name;
  }

  /** How well the home of the log can be reached. Always `up` for a home within the process. */
  get state(): BackplaneState {
    return this.#backplane.state ?? 'up';
  }

  /** Why the home cannot be used, with the remedy, in the state `unusable`. `undefined` in any other state. */
  get unusable(): Error | undefined {
    return this.#backplane.unusable;
  }

  /** The traffic of this server since it started, by namespace and in all. The object is a copy. */
  get counts(): BackplaneCounts {
    const messagesLost = this.#backplane.talk?.losses;
    return { ...this.#context.counts.read(), ...(messagesLost && { messagesLost }) };
  }

  /** How many events each append has that is on its way into a log. They wait there while the home is away. */
  get flights(): number[] {
    return this.#context.confirmations.flights;
  }
}

function textOf(reason: unknown): string | undefined {
  return reason instanceof Error ? reason.message : undefined;
}
