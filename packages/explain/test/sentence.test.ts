import { encodeOffset } from 'naru/backplane';
import type { SocketEntry } from 'naru/server/explain';
import { describe, expect, it } from 'vitest';
import { type ExplainedEvent, type Judgement, judge, type Verdict } from '../src/judge.js';
import { evidenceOf, sentenceOf } from '../src/sentence.js';
import { CLIENT, entered, exited, joined, left, logged, type Note, node, sent, timeOf, unlogged } from './notes.js';

/** Returns a fact, noted half a second after a record. */
function fact(note: Note): SocketEntry {
  return node('home', [note]).facts[0] as SocketEntry;
}

function say(judgement: Judgement): string {
  return sentenceOf(CLIENT, logged(5, { node: 'source' }), { node: 'home', ...judgement });
}

const dropped: Note = { type: 'dropped', policy: 'drop-oldest', place: 6, cameAt: timeOf(5) };
const gap: Note = { type: 'gap', after: encodeOffset(3), before: undefined, place: 7 };
const refused: Note = { type: 'refused', act: 'subscribe', room: 'room', message: 'it is secret', place: 2 };

const limited: Note = { type: 'limited', event: 'said', outcome: 'refuse', retryAfterMs: 500, place: 5 };
const duplicate: Note = { type: 'duplicate', event: 'said', firstAt: timeOf(2), isOpen: false, place: 5 };

/** A judgement of each kind. */
const JUDGEMENTS: Readonly<Record<Verdict, Judgement>> = {
  delivered: { verdict: 'delivered', deliveredAt: timeOf(5) },
  late: { verdict: 'late' },
  volatile: { verdict: 'volatile' },
  dropped: { verdict: 'dropped', fact: fact(dropped), count: 4 },
  gap: { verdict: 'gap', fact: fact(gap) },
  excluded: { verdict: 'excluded', room: 'muted' },
  'not-in-room': { verdict: 'not-in-room', fact: fact(exited(4)) },
  'joined-later': { verdict: 'joined-later', fact: fact(joined(6)) },
  'left-before': { verdict: 'left-before', fact: fact(left(4)) },
  local: { verdict: 'local' },
  limited: { verdict: 'limited', fact: fact(limited) },
  duplicate: { verdict: 'duplicate', fact: fact(duplicate) },
  'other-namespace': { verdict: 'other-namespace' },
  'unknown-client': { verdict: 'unknown-client' },
  'unknown-event': { verdict: 'unknown-event' },
  unknown: { verdict: 'unknown' },
};

describe('sentenceOf', () => {
  it.each<[Verdict, readonly string[]]>([
    ['delivered', ['"said" was delivered to client on the node home', 'at 2023-11-14T22:13:25.000Z', 'confirmed']],
    ['late', ['"said"', 'client is late on the node home']],
    ['volatile', ['"said" was volatile', 'client', 'on the node home']],
    ['dropped', ['"said" was dropped for client on the node home by the policy "drop-oldest"', '3 other events']],
    ['gap', ['"said" is in a gap', 'client was told at 2023-11-14T22:13:27.500Z']],
    ['excluded', ['"said" was not for client', 'excepted "muted"']],
    [
      'not-in-room',
      ['"said" was sent to "room"', 'client was not in there', 'had left "room" at 2023-11-14T22:13:24.500Z'],
    ],
    ['joined-later', ['client joined / on the node home at 2023-11-14T22:13:26.500Z, after "said" was sent']],
    [
      'left-before',
      ['client had left / on the node home at 2023-11-14T22:13:24.500Z, before "said"', 'transport close'],
    ],
    ['local', ['"said" was sent with "local" on the node source', 'client', 'on the node home']],
    ['limited', ['"said" of client at 2023-11-14T22:13:25.000Z was over a limit', 'with 500 ms to wait', 'node home']],
    ['duplicate', ['"said" of client at 2023-11-14T22:13:25.000Z', 'carried out at 2023-11-14T22:13:22.000Z']],
    ['other-namespace', ['"said" was sent in the namespace /', 'client is in another one']],
    ['unknown-client', ['No node remembers client', '15 minutes']],
    ['unknown-event', ['No log and no node has the event "said"']],
    ['unknown', ['Nobody knows', 'client', '"said"']],
  ])('says what is known for the verdict %s', (verdict, parts) => {
    const sentence = say(JUDGEMENTS[verdict]);
    for (const part of parts) expect(sentence).toContain(part);
    expect(sentence).toMatch(/^[^\n]+\.$/);
    expect(sentence).not.toMatch(/undefined|null|NaN|1970/);
  });

  it('says each verdict in one sentence', () => {
    const more = Object.values(JUDGEMENTS).filter((judgement) => /\. [A-Z"]|\. client/.test(say(judgement)));
    expect(more.map(({ verdict }) => verdict)).toEqual([]);
  });

  it('says what became of an event that a limit decided about, and of the first one with the key', () => {
    const why = (note: Note) => say({ verdict: note.type === 'limited' ? 'limited' : 'duplicate', fact: fact(note) });
    expect(why({ ...limited, outcome: 'end' })).toContain('so it was refused and the session was ended, on the node');
    expect(why({ ...limited, outcome: 'wait' })).toMatch(/it went to the listeners, and .* had to wait 500 ms, on/);
    expect(why({ ...duplicate, firstAt: undefined })).toContain(
      'carried out by another node or before a restart (nobody has noted when), so no listener ran',
    );
    expect(why({ ...duplicate, firstAt: undefined, isOpen: true })).toContain('came before it and has no answer yet');
  });

  it('says in which gap an event lies that no log has any more', () => {
    const where = { offset: encodeOffset(5), namespace: '/chat', at: timeOf(7) };
    const lost = (note: Note) =>
      sentenceOf(CLIENT, logged(5, where), { verdict: 'gap', isLost: true, node: 'home', fact: fact(note) });
    const [after, before, offset] = [3, 9, 5].map(encodeOffset);
    const told = 'are missing, as client was told on the node home at 2023-11-14T22:13:27.000Z.';
    const start = `No log has the event at ${offset} any more: the events of /chat after ${after}`;
    expect(lost(gap)).toBe(`${start} ${told}`);
    expect(lost({ ...gap, before } as Note)).toBe(`${start} and before ${before} ${told}`);
  });

  it('quotes names that could be taken for something else', () => {
    const odd = 'said" was delivered';
    const names = { namespace: '/a b', event: odd, rooms: ['a", "b'] };
    const text = (verdict: Verdict) =>
      sentenceOf('a client', logged(5, names), { ...JUDGEMENTS[verdict], node: 'x y' });
    expect(text('not-in-room')).toContain(
      String.raw`"said\" was delivered" was sent to "a\", \"b", and "a client" was`,
    );
    expect(text('joined-later')).toContain('"a client" joined "/a b" on the node "x y" at');
  });

  it('says why a client was not in a room', () => {
    const why = (note: Note | undefined) => say({ verdict: 'not-in-room', fact: note && fact(note) });
    expect(why(undefined)).toMatch(/: it never joined\.$/);
    expect(why(entered(6))).toMatch(/: it joined "room" at 2023-11-14T22:13:26\.500Z\.$/);
    expect(why(exited(4))).toMatch(/: it had left "room" at 2023-11-14T22:13:24\.500Z\.$/);
    expect(why(refused)).toMatch(/: its request was refused at 2023-11-14T22:13:22\.500Z, because it is secret\.$/);
  });

  it('says whether the client has answered after the event was delivered', () => {
    const delivered = { verdict: 'delivered', deliveredAt: timeOf(5) } as const;
    expect(say({ ...delivered, namedAt: timeOf(6) })).toMatch(
      /had it when it came back at 2023-11-14T22:13:26\.000Z\.$/,
    );
    expect(say(delivered)).toMatch(/nothing has confirmed that yet\.$/);
    expect(say({ ...delivered, left: fact(left(8)) as Judgement['left'] })).toMatch(
      /its client left at 2023-11-14T22:13:28\.500Z because of transport close, so nothing tells whether it arrived\.$/,
    );
    expect(say({ ...delivered, confirmedAt: timeOf(6) })).toMatch(
      /answered a ping after that, at 2023-11-14T22:13:26\.000Z\.$/,
    );
  });

  it('says of an event that no client of the node has yet that it is on its way', () => {
    expect(say({ verdict: 'late', isUnderWay: true })).toBe(
      '"said" is still to come: it is on its way to client on the node home.',
    );
  });

  it('says of a late client that has left when and why', () => {
    expect(say({ verdict: 'late', fact: fact(left(6)) })).toBe(
      '"said" did not reach client on the node home: it was late, and left at 2023-11-14T22:13:26.500Z before it had read up to it, because of transport close.',
    );
  });

  it('says where the log begins if it may have lost an earlier event, and the time of an event that nobody has', () => {
    const since = (logSince: number) =>
      sentenceOf(CLIENT, logged(5, { logSince }), { verdict: 'delivered', deliveredAt: timeOf(5) });
    expect(since(timeOf(4))).toMatch(/ yet, and the log has nothing from before 2023-11-14T22:13:24\.000Z\.$/);
    const at = (time: number) => sentenceOf(CLIENT, logged(5, { at: time }), { verdict: 'unknown-event' });
    expect([at(timeOf(5)), at(0)]).toEqual([
      'No log and no node has the event "said" from 2023-11-14T22:13:25.000Z on.',
      'No log and no node has the event "said".',
    ]);
  });

  it('says how far the log was looked through, if it may have an event that fits better', () => {
    const looked = (judgement: Judgement) => say({ ...judgement, lookedSince: timeOf(4) });
    const only = 'and the log was looked at back to 2023-11-14T22:13:24.000Z only.';
    expect(looked({ verdict: 'unknown' })).toMatch(/^Nobody knows any more whether client was to get "said", and /);
    for (const verdict of ['unknown', 'volatile'] as const) expect(looked({ verdict })).toContain(`, ${only}`);
    expect(say({ verdict: 'unknown' })).not.toContain('looked at');
  });

  it('names no node on a server that is alone', () => {
    for (const judgement of Object.values(JUDGEMENTS)) {
      if (judgement.verdict !== 'local')
        expect(sentenceOf(CLIENT, logged(5), { ...judgement, node: '' })).not.toMatch(/on the node/);
    }
  });

  it('names everybody, and several rooms', () => {
    const sentTo = (rooms: string[]) => sentenceOf(CLIENT, logged(5, { rooms }), { verdict: 'not-in-room' });
    expect(sentTo([])).toContain('"said" was sent to everybody,');
    expect(sentTo(['a', 'b'])).toContain('"said" was sent to "a", "b",');
  });

  it('counts one other event as one', () => {
    const others = (count: number) => say({ verdict: 'dropped', fact: fact(dropped), count });
    expect(others(2)).toMatch(/1 other event\b/);
    expect(others(3)).toMatch(/2 other events\b/);
  });

  const BREAK = '\r\n\u2028\u2029\u0085\v\f';

  it('is short, and nothing that a terminal may obey, whatever the names are', () => {
    const name = `a\u202e\u200f\u001b[31m${'b'.repeat(100_000)}`;
    const event = logged(5, { event: name, rooms: Array.from({ length: 5_000 }, () => name) });
    const facts = { ...fact(refused), message: name, room: name } as object as SocketEntry;
    for (const judgement of Object.values(JUDGEMENTS)) {
      for (const type of ['refused', 'room']) {
        const sentence = sentenceOf(CLIENT, event, {
          ...judgement,
          room: name,
          fact: { ...facts, type } as SocketEntry,
        });
        expect(sentence.length).toBeLessThan(4_000);
        expect(sentence).not.toMatch(/[\p{Cc}\u200f\u202e]/u);
      }
    }
  });

  it('names some of many rooms', () => {
    const event = logged(5, { rooms: Array.from({ length: 12 }, (_, at) => `r${at}`) });
    const sentence = sentenceOf(CLIENT, event, JUDGEMENTS['not-in-room']);
    expect(sentence).toContain('"r8", "r9" and 2 others, and client was not in there');
  });

  it('has no line break, whatever the names are', () => {
    const name = `a${BREAK}b`;
    const event = logged(5, { event: name, namespace: `/${name}`, rooms: [name], node: name });
    const facts = { ...fact(refused), message: name, reason: name, policy: name, room: name } as object as SocketEntry;
    for (const judgement of Object.values(JUDGEMENTS)) {
      for (const type of ['refused', 'room', 'left', 'dropped']) {
        const one = { ...judgement, room: name, node: name, fact: { ...facts, type } as SocketEntry };
        expect(sentenceOf(name, event, one)).not.toMatch(/[\r\n\u2028\u2029\u0085\v\f]/);
      }
    }
  });
});

describe('evidenceOf', () => {
  it('lists the facts and the event, oldest first', () => {
    const home = node('home', [joined(1), entered(2), left(7)]);
    expect(evidenceOf(logged(5, { except: ['muted'] }), [home])).toEqual([
      `2023-11-14T22:13:21.500Z joined place=${encodeOffset(1)} node=home`,
      `2023-11-14T22:13:22.500Z room room="room" isIn=true place=${encodeOffset(2)} node=home`,
      `2023-11-14T22:13:25.000Z sent "said" offset=${encodeOffset(5)} rooms="room" except="muted"`,
      `2023-11-14T22:13:27.500Z left reason="transport close" place=${encodeOffset(7)} node=home`,
    ]);
  });

  it('has neither places nor nodes on a server that is alone and without a log', () => {
    const home = node('', [joined(), sent({ rooms: [] }), left()]);
    expect(evidenceOf(unlogged(home), [home])).toEqual([
      '2023-11-14T22:13:20.000Z joined',
      '2023-11-14T22:13:21.000Z sent "said" rooms=everybody',
      '2023-11-14T22:13:22.000Z left reason="transport close"',
    ]);
  });

  it("leaves out Naru's own rooms, unless the event went there", () => {
    const home = node('home', [joined(1, 'naru:user:7'), entered(1, 'naru:user:7'), exited(2, 'naru:pass:[1]')]);
    const to = (...rooms: string[]) => evidenceOf(logged(5, { rooms }), [home]).map((line) => line.split(' ')[1]);
    expect(to('room')).toEqual(['joined', 'sent']);
    expect(to('naru:user:7')).toEqual(['joined', 'room', 'sent']);
  });

  it('leaves out the facts of other namespaces', () => {
    const home = node('home', [{ ...joined(1), namespace: '/other' }]);
    expect(evidenceOf(logged(5), [home])).toEqual([expect.stringContaining(' sent "said" ')]);
  });

  it.each([0, 1, 5, 6, 7, 20, 34, 35, 39, 40])(
    'has twelve lines and the event among them after %i of 40 facts',
    (before) => {
      const notes = Array.from({ length: 40 }, (_, at) => entered(at < before ? 2 : 7, `room ${at}`));
      const [one, two] = [node('one', notes.slice(0, 13)), node('two', notes.slice(13))];
      const lines = evidenceOf(logged(5), [two, one]);
      expect(lines).toHaveLength(12);
      expect(lines.filter((line) => line.includes(' sent "said" '))).toHaveLength(1);
      expect(lines).toEqual([...lines].sort((a, b) => (a.slice(0, 24) < b.slice(0, 24) ? -1 : 1)));
    },
  );

  it('has the event among its lines, although a name looks like it', () => {
    const notes = Array.from({ length: 40 }, (_, at) => entered(at, `a sent b ${at}`));
    const lines = evidenceOf(logged(30), [node('home', notes)]);
    expect(lines.filter((line) => line.includes(' sent "said" '))).toHaveLength(1);
  });

  it('shortens names, so that no line is long', () => {
    const long = 'x'.repeat(100_000);
    const notes = [entered(1, long), joined(2, ...Array.from({ length: 1_000 }, String))];
    const event = logged(5, { event: long, rooms: [long], except: Array.from({ length: 1_000 }, String) });
    for (const line of evidenceOf(event, [node('home', notes)])) expect(line.length).toBeLessThan(1_000);
  });

  it('quotes names, so that none looks like another fact', () => {
    const odd = 'room" isIn=true\n2023-11-14T22:13:29.500Z left';
    const notes: Note[] = [
      { type: 'joined', rooms: [CLIENT, odd], place: 1 },
      { type: 'left', reason: odd, place: 2 },
      { ...refused, room: odd, message: odd, place: 3 },
      { type: 'gap', after: encodeOffset(1), before: odd, place: 4 },
    ];
    const event = logged(5, { event: odd, rooms: [odd], except: [] });
    const shown = String.raw`"room\" isIn=true\n2023-11-14T22:13:29.500Z left"`;
    const [came, went, no, missing, said] = evidenceOf(event, [node('a node', notes)]);
    expect(came).toContain(` joined rooms="client", ${shown} place=`);
    expect(went).toContain(` left reason=${shown} place=`);
    expect(no).toContain(` refused act=subscribe room=${shown} message=${shown} place=`);
    expect(missing).toContain(` gap after=${encodeOffset(1)} before=${shown} place=`);
    expect(said).toContain(` sent ${shown} offset=${encodeOffset(5)} rooms=${shown}`);
    expect(came).toMatch(/ node="a node"$/);
  });

  it('says of a duplicate that the first event was carried out elsewhere', () => {
    const lines = (facts: object): readonly string[] =>
      evidenceOf(logged(5), [node('home', [{ ...duplicate, ...facts } as Note])], false);
    const place = `place=${encodeOffset(5)} node=home`;
    expect(lines({ firstAt: undefined })[0]).toContain(`duplicate event="said" isOpen=false first=elsewhere ${place}`);
    expect(lines({ firstAt: undefined, isOpen: true })[0]).toContain(`duplicate event="said" isOpen=true ${place}`);
    expect(lines({})[0]).toContain(`duplicate event="said" firstAt=2023-11-14T22:13:22.000Z isOpen=false ${place}`);
  });

  it('has no line break in a line, whatever the names are', () => {
    const name = 'a\r\n\u2028\u2029\u0085b';
    const notes: Note[] = [entered(1, name), { type: 'left', reason: name, place: 2 }, { ...refused, message: name }];
    const event = logged(5, { event: name, rooms: [name], except: [name] });
    for (const line of evidenceOf(event, [node(name, notes)])) expect(line).not.toMatch(/[\r\n\u2028\u2029\u0085]/);
  });

  it('lists a fact of a later version, even one with an object that cannot become text', () => {
    const later = { ...fact(left(2)), type: 'moved', to: JSON.parse('{"toString": 1, "valueOf": 1}') } as object;
    const findings = { ...node('far', []), facts: [later as SocketEntry] };
    expect(evidenceOf(logged(5), [findings])).toEqual([
      expect.stringContaining(' moved '),
      expect.stringContaining(' sent "said" '),
    ]);
    expect(judge(CLIENT, logged(5), [findings]).verdict).toBe('unknown');
  });
});

it('says of a node that is gone that its last moments may be missing', () => {
  const judgement: Judgement = { verdict: 'not-in-room', node: 'home', fact: fact(exited(4)) };
  const limit = ', as far as the node home had written before it was gone, perhaps without its last moments.';
  const say = (...gone: readonly string[]): string => sentenceOf(CLIENT, logged(5), judgement, gone);
  expect(say('home', 'other')).toBe(say().replace(/\.$/, limit));
  expect(say('other')).toBe(say());
});

it('says of a client whose node is gone that no other node has had it since', () => {
  const say = (event: ExplainedEvent) => sentenceOf(CLIENT, event, { verdict: 'unknown', node: 'home' }, ['home']);
  const why = ', because the node home is gone, and client has come to no other node since.';
  expect(say(logged(5))).toBe(`Nobody knows any more whether client was to get "said"${why}`);
  // A client that comes back is not told of an event that no log keeps.
  expect(say(logged(5, { offset: undefined }))).toContain('as far as the node home had written');
});
