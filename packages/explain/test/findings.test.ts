import type { SentFact } from 'naru/server/explain';
import { describe, expect, it } from 'vitest';
import { readFindings } from '../src/findings.js';

const SENT: SentFact = { type: 'sent', event: 'said', rooms: [], except: [], isVolatile: false, isLocal: false };
const ENTRY = { namespace: '/', number: 1, at: 5, place: '' };
const LEFT = { ...ENTRY, type: 'left', socket: 'a', reason: 'x' };
const HEARD = { ...ENTRY, ...SENT };
const LIVE = { namespace: '/', rooms: ['a'], delivered: '', heardAt: 5 };

describe('readFindings', () => {
  it('reads what another node has found, under the code by which it is known here', () => {
    const told = { node: 'another', since: 7, facts: [LEFT], sent: [HEARD], live: [LIVE], later: 1 };
    const findings = { node: 'far', since: 7, facts: [LEFT], sent: [HEARD], live: [LIVE] };
    expect(readFindings('far', JSON.parse(JSON.stringify(told)))).toEqual(findings);
    expect(readFindings('far', { facts: [], sent: [], live: [] })).toEqual({
      node: 'far',
      since: 0,
      facts: [],
      sent: [],
      live: [],
    });
  });

  it('reads facts of later versions with members that this one does not know', () => {
    const later = { ...LEFT, type: 'moved', from: 'here' };
    expect(readFindings('far', { facts: [later], sent: [], live: [{ ...LIVE, more: 1 }] })?.facts).toEqual([later]);
  });

  const whole = { facts: [LEFT], sent: [HEARD], live: [LIVE] };

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'facts'],
    ['a number', 5],
    ['a list', []],
    ['an empty object', {}],
    ['no facts', { ...whole, facts: null }],
    ['no events', { ...whole, sent: undefined }],
    ['an object in place of a list', { ...whole, live: { 0: LIVE, length: 1 } }],
    ['a text in place of a list', { ...whole, facts: 'left' }],
    ['null among the facts', { ...whole, facts: [LEFT, null] }],
    ['a text among the facts', { ...whole, facts: ['type'] }],
    ['a list among the facts', { ...whole, facts: [['type']] }],
    ['a fact without a type', { ...whole, facts: [ENTRY] }],
    ['an event without a name', { ...whole, sent: [ENTRY] }],
    ['a client without rooms', { ...whole, live: [{ namespace: '/' }] }],
    ['members in the prototype key', JSON.parse('{"__proto__": {"facts": [], "sent": [], "live": []}}')],
    ['a type in the prototype key', { ...whole, facts: [JSON.parse('{"__proto__": {"type": "left"}}')] }],
  ])('reads nothing from %s', (_name, value) => {
    expect(readFindings('far', value)).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['a fact whose type is no text', { ...whole, facts: [{ ...LEFT, type: 5 }] }],
    ['a fact without a namespace', { ...whole, facts: [{ ...LEFT, namespace: undefined }] }],
    ['a fact without a time', { ...whole, facts: [{ ...LEFT, at: undefined }] }],
    ['a fact whose time is a text', { ...whole, facts: [{ ...LEFT, at: '5' }] }],
    ['a fact whose time is no date', { ...whole, facts: [{ ...LEFT, at: 1e300 }] }],
    ['a fact whose place is no text', { ...whole, facts: [{ ...LEFT, place: null }] }],
    ['a fact whose number is a text', { ...whole, facts: [{ ...LEFT, number: '1' }] }],
    ['an event whose name is no text', { ...whole, sent: [{ ...HEARD, event: {} }] }],
    ['an event whose rooms are no list', { ...whole, sent: [{ ...HEARD, rooms: null }] }],
    ['an event with a room that is no text', { ...whole, sent: [{ ...HEARD, rooms: [5] }] }],
    ['an event without exceptions', { ...whole, sent: [{ ...HEARD, except: undefined }] }],
    ['an event whose time is a text', { ...whole, sent: [{ ...HEARD, at: 'now' }] }],
    ['a client whose rooms are no list', { ...whole, live: [{ ...LIVE, rooms: null }] }],
    ['a client whose rooms are a text', { ...whole, live: [{ ...LIVE, rooms: 'a' }] }],
    ['a client that was heard at no time', { ...whole, live: [{ ...LIVE, heardAt: 'now' }] }],
  ])('reads nothing from %s, which would break the explanation', (_name, value) => {
    expect(readFindings('far', value)).toBeUndefined();
  });
});
