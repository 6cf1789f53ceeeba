import { describe, expect, it } from 'vitest';
import { OutgoingEvent } from '../../../naru/src/namespace/event/outgoing-event.js';
import { PERSON_ROOM } from '../../../naru/src/namespace/event/person-room.js';
import { PacketType } from '../../../naru/src/protocol/socket-io/packet.js';
import { parseDestination } from '../../src/destination.js';
import { MessageForms } from '../../src/message-form.js';
import type { StompClient } from '../../src/stomp-client.js';
import { Subscription } from '../../src/subscriptions/subscription.js';
import { Subscriptions } from '../../src/subscriptions/subscriptions.js';

const forms = new MessageForms();

function subscribe(id: string, text: string): Subscription {
  const destination = parseDestination(text);
  if (!destination) throw new Error(text);
  const form = forms.take({ version: '1.2', destination: text, id, isAcked: false });
  return new Subscription({ id, destination, mode: 'auto', form, unackedMax: 1, client: {} as StompClient });
}

const mine = `${PERSON_ROOM}42`;
const me = { id: 'me', rooms: new Set(['me', 'a', mine]) };

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
  const ids = (...args: Parameters<typeof event>) => all.matching(event(...args), me).map(({ id }) => id);

  it('match events by room, or by name if they are for everybody or for the socket alone', () => {
    expect(ids('say', 'a')).toEqual(['1', '2']);
    expect(ids('say', 'a', 'b')).toEqual(['1', '2', '3']);
    expect(ids('say')).toEqual(['4']);
    expect(ids('say', 'me')).toEqual(['4']);
    expect(ids('say', 'b', 'me')).toEqual(['3', '4']);
    expect(ids('other')).toEqual([]);
    expect(ids('say', 'c')).toEqual([]);
  });

  it('match an event once, and by name only if it is for the person of the socket', () => {
    const other = `${PERSON_ROOM}43`;
    expect(ids('say', mine)).toEqual(['4']);
    expect(ids('say', mine, other)).toEqual(['4']);
    expect(ids('say', 'me', mine)).toEqual(['4']);
    expect(ids('say', 'b', other)).toEqual(['3']);
    expect(ids('say', 'c', other)).toEqual([]);
  });

  it('are found by id until they are removed', () => {
    expect([all.count, all.get('5')?.destination.name, all.all.length]).toEqual([5, 'a', 5]);
    for (const subscription of made) all.remove(subscription);
    expect([all.count, all.get('1'), ids('say', 'a', 'b', 'me')]).toEqual([0, undefined, []]);
  });
});
