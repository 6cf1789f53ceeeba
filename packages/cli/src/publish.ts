/** Emits one event through the backplane of running servers. */
import { Emitter } from 'naru/emitter';
import type { PublishCommand } from './arguments.js';
import { openHome } from './backplane-address.js';

/**
 * Publishes the event. Resolves when it is stored. Rejects with ConfigError without a backplane, and with
 * UnavailableError if it is not stored.
 */
export async function runPublish({ event, args, namespace, rooms, by, home }: PublishCommand): Promise<void> {
  const emitter = new Emitter(await openHome(home));
  try {
    const to = emitter.of(namespace).to(rooms);
    await (by === undefined ? to : to.by(by)).emit(event, ...args);
  } finally {
    await emitter.close();
  }
}
