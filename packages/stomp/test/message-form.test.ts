import { describe, expect, it } from 'vitest';
import { OutgoingEvent } from '../../naru/src/namespace/event/outgoing-event.js';
import { PacketType } from '../../naru/src/protocol/socket-io/packet.js';
import { MessageForms } from '../src/message-form.js';

const event = (id?: number) => OutgoingEvent.of({ type: PacketType.EVENT, nsp: '/', data: ['say', 'hé'], id });
const key = { version: '1.2', destination: '/topic/a:b', id: 's:1', isAcked: false } as const;

describe('MessageForms', () => {
  it('write a message once for each form', () => {
    const forms = new MessageForms();
    const form = forms.take(key);
    const say = event();
    const [packet] = forms.encode(form, say);
    expect(packet?.unit).toBe(
      'MESSAGE\nsubscription:s\\c1\ndestination:/topic/a\\cb\nmessage-id:1\nevent:say\ncontent-type:application/json\ncontent-length:7\n\n["hé"]\0',
    );
    expect(forms.encode(form, say)[0]).toBe(packet);
    expect(forms.encode(forms.take({ ...key, id: 'other' }), say)[0]).not.toBe(packet);
    expect(forms.numberOf(say)).toBe(1);
    expect(forms.numberOf(event())).toBe(2);
  });

  it('are shared by equal subscriptions, and gone with the last of them', () => {
    const forms = new MessageForms();
    const one = forms.take(key);
    expect(forms.take({ ...key })).toBe(one);
    for (const other of [
      { version: '1.1' },
      { destination: '/topic/c' },
      { id: undefined },
      { isAcked: true },
    ] as const) {
      expect(forms.take({ ...key, ...other })).not.toBe(one);
    }
    expect(forms.count).toBe(5);
    forms.release(one);
    expect(forms.count).toBe(5);
    forms.release(one);
    expect(forms.count).toBe(4);
  });

  it('name acknowledgeable messages as the version does', () => {
    const forms = new MessageForms();
    const head = (version: '1.0' | '1.1' | '1.2', id: string | undefined) =>
      String(forms.encode(forms.take({ version, destination: '/topic/a', id, isAcked: true }), event(9))[0]?.unit);
    expect(head('1.2', 'x')).toContain(
      'subscription:x\ndestination:/topic/a\nmessage-id:1-x\nack:1-x\nevent:say\nreply-to:/ack/9\n',
    );
    expect(head('1.1', 'x')).toContain('message-id:2-x\nevent:say');
    expect(head('1.0', undefined)).toContain('MESSAGE\ndestination:/topic/a\nmessage-id:3-/topic/a\nevent:say');
  });

  it("carry bytes, and the sender's headers as far as the version can", () => {
    const forms = new MessageForms();
    const headers = [['a:b', 'c\nd'] as const, ['e', 'f'] as const];
    const body = { contentType: undefined, body: Uint8Array.of(0, 255) };
    const old = forms
      .take({ ...key, version: '1.0', id: undefined, destination: '/queue/a' })
      .encode(body, 1, headers).unit;
    expect(Buffer.from(old).toString('latin1')).toBe(
      'MESSAGE\ndestination:/queue/a\nmessage-id:1\ne:f\ncontent-length:2\n\n\0\xff\0',
    );
    const form = forms.take({ ...key, id: 'i', destination: '/queue/a' });
    expect(Buffer.from(form.encode(body, 1, headers).unit).toString('latin1')).toContain('a\\cb:c\\nd\ne:f\n');
  });
});
