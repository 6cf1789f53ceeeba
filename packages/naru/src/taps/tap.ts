/** A named point at which a server tells what it decides, for debug output, metrics and traces. */
import { channel } from 'node:diagnostics_channel';
import { hideSecrets } from './shown.js';

/**
 * A tap: the channel `naru:<name>` of Node's `node:diagnostics_channel`. The code that tells something asks
 * `hasSubscribers` first, so a tap that nobody hears costs one comparison. Listeners run at once, and must not change
 * the data, except where a tap says so. An error of a listener becomes an uncaught exception, and the server goes on.
 */
export interface Tap<Data extends object> {
  /** The name of the channel. */
  readonly name: string;
  /** Whether anybody listens. */
  readonly hasSubscribers: boolean;
  /** Tells the listeners. */
  publish(data: Data): void;
  /** Adds a listener. */
  subscribe(listener: TapListener<Data>): void;
  /** Removes a listener. Returns whether it was there. */
  unsubscribe(listener: TapListener<Data>): boolean;
}

/** A listener of a tap. `name` is that of the channel. */
export type TapListener<Data extends object> = (data: Data, name: string) => void;

/** Returns the tap with a name. All copies of Naru in a process share it. Nobody hears a secret that is in a name. */
export function tap<Data extends object>(name: string): Tap<Data> {
  const shared = channel(`naru:${name}`);
  const publish = (facts: Data): void => {
    hideSecrets(facts);
    Object.getPrototypeOf(shared).publish.call(shared, facts);
  };
  return Object.assign(shared as object as Tap<Data>, { publish });
}
