import { describe, expect, it } from 'vitest';
import { OutgoingEvent } from '../../../naru/src/namespace/event/outgoing-event.js';
import { PacketType } from '../../../naru/src/protocol/socket-io/packet.js';
import { parseDestination } from '../../src/destination.js';
import { MessageForms } from '../../src/message-form.js';
import { Subscription } from '../../src/subscriptions/subscription.js';
import { Subscriptions } from '../../src/subscriptions/subscriptions.js';

const forms = new MessageForms();

function subscribe(id: string, text: string): Subscription {
  const destination = parseDestination(text);
  if (!destination) throw new Error(text);
  const form = forms.take({ version: '1.2', destination: text, id, isAcked: false });
  return new Subscription({ id, destination, mode: 'auto', form, unackedMax: 1, client: { send: () => undefined } });
}

const event = (name: string, ...rooms: string[]) =>
  OutgoingEvent.of({ type: PacketType.EVENT, nsp: '/', data: [name] }, { rooms: new Set(rooms), offset: undefined });

describe('Subscriptions', () => {
  const all = new Subscriptions();
  const made = [
    subscribe('1', '/topic/a'),
    subscribe('2', '/topic/a'),
    subscribe('3', '/topic/b'),
    subscribe('4', '/user/queue/say'),
    subscribe('5', '/queue/a'),
  ];
  for (const subscription of made) all.add(subscription);
  const ids = (...args: Parameters<typeof event>) => all.matching(event(...args), 'me').map(({ id }) => id);

  it('match events by room, or by name if they are for everybody or for the socket alone', () => {
    expect(ids('say', 'a')).toEqual(['1', '2']);
    expect(ids('say', 'a', 'b')).toEqual(['1', '2', '3']);
    expect(ids('say')).toEqual(['4']);
    expect(ids('say', 'me')).toEqual(['4']);
    expect(ids('say', 'b', 'me')).toEqual(['3', '4']);
    expect(ids('other')).toEqual([]);
    expect(ids('say', 'c')).toEqual([]);
  });

  it('are found by id until they are removed', () => {
    expect([all.count, all.get('5')?.destination.name, all.all.length]).toEqual([5, 'a', 5]);
    for (const subscription of made) all.remove(subscription);
    expect([all.count, all.get('1'), ids('say', 'a', 'b', 'me')]).toEqual([0, undefined, []]);
  });
});
