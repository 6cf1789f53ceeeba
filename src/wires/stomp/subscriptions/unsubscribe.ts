/** UNSUBSCRIBE: a subscription ends, and with it the membership of a room that no other is to. STOMP 1.2, "UNSUBSCRIBE". */
import type { StompFrame } from '../../../protocol/stomp/frame.js';
import { badRequest } from '../destination.js';
import type { StompClient } from '../stomp-client.js';
import { keyOf } from './resume.js';
import type { Subscription } from './subscription.js';

/** Ends a subscription, which `release` gives back; with the header `durable`, for ever. Throws STOMP_BAD_REQUEST where there is none. */
export function unsubscribe(
  { headers }: StompFrame,
  client: StompClient,
  release: (subscription: Subscription) => void,
): void {
  const { version, subscriptions, namespace, member } = client;
  const id = headers.get('id') ?? (version === '1.0' ? headers.get('destination') : undefined);
  if (id === undefined) throw badRequest('UNSUBSCRIBE has no header "id"');
  const subscription = subscriptions.get(id);
  if (!subscription) throw badRequest(`there is no subscription "${id.slice(0, 100)}"`);
  const { kind, name } = subscription.destination;
  const durable = headers.get('durable');
  const key = durable === undefined ? undefined : keyOf(durable, name, client);
  subscriptions.remove(subscription);
  release(subscription);
  if (key !== undefined) client.scope.durables.forget(key);
  if (kind === 'topic' && subscriptions.toRoom(name).length === 0)
    namespace.permissions.unsubscribe(member.socket, name);
}
