/** Emits one event through the backplane of running servers. */
import { Emitter } from 'naru/emitter';
import { openHome } from './backplane-address.js';
import type { PublishCommand } from './command.js';

/**
 * Publishes the event. Resolves when it is stored, or on its way to the servers of a namespace without a log. Rejects
 * with ConfigError without a backplane, and with UnavailableError if it is not stored.
 */
export async function runPublish(command: PublishCommand): Promise<void> {
  const { event, args, namespace, rooms, by, home, isWithoutLog } = command;
  const emitter = new Emitter(await openHome(home), isWithoutLog ? { withoutLog: namespace } : {});
  try {
    const to = emitter.of(namespace).to(rooms);
    await (by === undefined ? to : to.by(by)).emit(event, ...args);
  } finally {
    await emitter.close();
  }
}
