import { describe, expect, it } from 'vitest';
import { Outbox } from '../page/connection/outbox.js';
import { arrivedMessage, caughtUp, entered, reacted, seen, withPlace } from '../page/state/places.js';
import { shownReactions, tallyOf } from '../page/state/reactions.js';
import { LIMITS } from '../shared/limits.js';
import type { Message, MessageRef, Reaction, ReactionKind } from '../shared/protocol.js';
import { ask, type Guest, history, type Node, useNodes } from './chat-node.js';
import { BO, FakeSocket, message, pageIn } from './fake-page.js';

const chat = useNodes();
const { start, stop } = chat;

const enter = ({ page }: Guest) => ask(page, 'station:enter', { id: 'central' });
const say = ({ page }: Guest, key: string, place = 'central') => ask(page, 'say', { place, key, text: key });
const react = ({ page }: Guest, to: MessageRef, fields: object = {}) =>
  ask(page, 'react', { place: 'central', to, kind: 'heart', on: true, ...fields });

/** The reactions that a guest hears. */
function heardBy({ page }: Guest): Reaction[] {
  const heard: Reaction[] = [];
  page.on('reacted', (_place, reaction) => void heard.push(reaction));
  return heard;
}

async function reactionsIn({ page }: Guest): Promise<unknown[]> {
  const { events = [] } = await history(page, 'place:central', { limit: 100 });
  return events.flatMap(({ event, args }) => (event === 'reacted' ? [args[1]] : []));
}

async function two(node: Node): Promise<{ ann: Guest; bo: Guest; to: MessageRef }> {
  const [ann, bo] = [await node.page(1), await node.page(2)];
  for (const guest of [ann, bo]) await enter(guest);
  await say(ann, 'hello');
  return { ann, bo, to: { from: ann.welcome.you.id, key: 'hello' } };
}

describe('a reaction at a station', () => {
  it('reaches the others, is in the history, and is there after a restart', async () => {
    const first = await start();
    const { ann, bo, to } = await two(first);
    const heard = heardBy(ann);
    expect(await react(bo, to)).toMatchObject({ ok: true });
    const heart = { to, by: bo.welcome.you.id, kind: 'heart', on: true };
    await expect.poll(() => heard).toMatchObject([heart]);
    expect(await react(bo, to, { on: false })).toMatchObject({ ok: true });
    expect(await react(bo, to, { kind: 'fire' })).toMatchObject({ ok: true });
    const all = await reactionsIn(ann);
    expect(all).toMatchObject([heart, { ...heart, on: false }, { ...heart, kind: 'fire' }]);
    await stop(first);
    const node = await start();
    const cy = await node.page(3);
    await enter(cy);
    expect(await reactionsIn(cy)).toEqual(all);
    expect(node.world.stations.get('central')?.log.reactions).toMatchObject([{ ...heart, kind: 'fire' }]);
  });

  it('counts once per key, even when it is sent again to another process', async () => {
    const first = await start();
    const { bo, to } = await two(first);
    const once = 'a key that nobody guesses';
    const wanted = { place: 'central', to, kind: 'heart', on: true };
    const answer = await ask(bo.page, 'naru:once', once, 'react', wanted);
    expect(answer).toMatchObject({ ok: true });
    await stop(first);
    const again = await (await start()).page(2);
    await enter(again);
    expect(await ask(again.page, 'naru:once', once, 'react', wanted)).toEqual(answer);
    expect(await reactionsIn(again)).toHaveLength(1);
  });

  it('may be to a message that only the log has: said in another process, or long ago', async () => {
    const [one, other] = [await start(), await start()];
    const { to } = await two(one);
    const cy = await other.page(3);
    await enter(cy);
    expect(await react(cy, to)).toMatchObject({ ok: true });
    const { log } = one.world.stations.get('central') ?? {};
    const { card } = one.world.riders.get(to.from) ?? {};
    if (card) for (let at = 0; at <= LIMITS.messagesKept; at++) log?.add(card, { key: `k${at}`, text: '' }, at);
    expect(log?.find(to.from, to.key)).toBeUndefined();
    const eve = await one.page(4);
    await enter(eve);
    expect(await react(eve, to)).toMatchObject({ ok: true });
  });

  it.each([
    ['no kind', { kind: undefined }, 'bad'],
    ['an unknown kind', { kind: 'skull' }, 'bad'],
    ['a kind of the prototype', { kind: '__proto__' }, 'bad'],
    ['a list of kinds', { kind: ['heart'] }, 'bad'],
    ['no claim', { on: 1 }, 'bad'],
    ['no message', { to: null }, 'bad'],
    ['a message without a key', { to: { from: 'x' } }, 'bad'],
    ['an unknown message', { to: { from: 'x', key: 'hello' } }, 'gone'],
    ['a place of others', { place: 'library' }, 'gone'],
    ['no place', { place: {} }, 'bad'],
  ])('with %s is refused, and nobody hears of it', async (_name, fields, why) => {
    const { ann, bo, to } = await two(await start());
    const heard = heardBy(ann);
    expect(await react(bo, to, fields)).toEqual({ ok: false, why });
    expect(await react(bo, to)).toMatchObject({ ok: true });
    await expect.poll(() => heard.length).toBe(1);
    expect(heard).toMatchObject([{ to, kind: 'heart' }]);
    expect(await reactionsIn(ann)).toHaveLength(1);
  });

  it('is refused to somebody who is muted, who sends too many, or when a message has too many', async () => {
    const node = await start();
    const { ann, bo, to } = await two(node);
    const { log } = node.world.stations.get('central') ?? {};
    const fill = (kind: ReactionKind, on: boolean) => {
      for (let index = 0; index < LIMITS.reactionsPerMessage; index++) log?.react(`p${index}`, { to, kind, on }, 0);
    };
    fill('heart', true);
    expect(await react(bo, to)).toEqual({ ok: false, why: 'full' });
    fill('heart', false);
    const answers = [];
    for (let index = 0; index < 20; index++) answers.push(await react(bo, to, { on: index % 2 === 0 }));
    expect(answers.at(-1)).toMatchObject({ ok: false, why: 'slow' });
    const cy = await node.page(3);
    await enter(cy);
    await say(cy, 'spam');
    for (const guest of [ann, bo])
      await ask(guest.page, 'report', { who: cy.welcome.you.id, place: 'central', reason: 'spam' });
    expect(await react(cy, to)).toMatchObject({ ok: false, why: 'muted' });
  });

  it('goes with its message', async () => {
    const node = await start();
    const { bo, to } = await two(node);
    await react(bo, to);
    const log = node.world.stations.get('central')?.log;
    expect(log?.reactions).toHaveLength(1);
    log?.sweep(Number.POSITIVE_INFINITY);
    expect(log?.reactions).toEqual([]);
  });
});

describe('a reaction on a ride', () => {
  it('reaches the companion, comes back after a new connection, and is not in the log', async () => {
    const node = await start();
    const [ann, bo, eve] = [await node.page(1), await node.page(2), await node.page(3)];
    const began = new Promise<string>((done) => bo.page.once('ride:start', ({ id }) => done(id)));
    for (const { page } of [ann, bo]) await ask(page, 'line:wait', {});
    const place = await began;
    await say(ann, 'hello', place);
    const to = { from: ann.welcome.you.id, key: 'hello' };
    const heard = heardBy(ann);
    expect(await react(bo, to, { place })).toMatchObject({ ok: true });
    await expect.poll(() => heard).toMatchObject([{ to, kind: 'heart', on: true }]);
    await react(bo, to, { place, kind: 'wow' });
    await react(bo, to, { place, on: false });
    expect(await react(eve, to, { place })).toEqual({ ok: false, why: 'gone' });
    ann.page.disconnect();
    const again = await node.page(1);
    expect(await ask(again.page, 'ride:enter', { id: place })).toMatchObject({ reactions: [{ to, kind: 'wow' }] });
    expect((await history(again.page, `place:${place}`)).events?.length ?? 0).toBe(0);
    await stop(node);
    const { log } = chat.data.open();
    expect(JSON.stringify(log.namespaces().map((name) => log.read(name, '00000000000', 1_000)))).not.toContain('wow');
  });
});

const TO: MessageRef = { from: BO.id, key: 'k1' };
const reaction = (seq: number, by: string, on = true, kind: ReactionKind = 'heart', to = TO): Reaction => ({
  seq,
  to,
  by,
  kind,
  on,
});

describe('the reactions on a page', () => {
  const tally = (store = pageIn('p'), key = 'bo k1') =>
    tallyOf(
      (store.state.places.p && shownReactions(store.state.places.p, 'me'))?.[key] ?? [],
      'me',
      store.state.muted,
    ).filter(({ count }) => count > 0);
  const part = (messages: Message[], reactions: Reaction[], before?: string) => ({
    messages,
    reactions,
    hasMore: before !== undefined,
    before,
  });

  it('count a person once per kind, in whatever order they arrive, and without muted people', () => {
    const store = pageIn('p');
    store.take(arrivedMessage('p', message(1)));
    for (const each of [
      reaction(5, 'a', false),
      reaction(4, 'a'),
      reaction(6, 'b'),
      reaction(6, 'b'),
      reaction(7, 'me'),
    ])
      store.take(reacted('p', each));
    expect(tally(store)).toEqual([{ kind: 'heart', count: 2, isOwn: true }]);
    store.set({ muted: { b: BO } });
    expect(tally(store)).toEqual([{ kind: 'heart', count: 1, isOwn: true }]);
  });

  it('wait for a message that is read later', () => {
    const store = pageIn('p');
    store.take(caughtUp('p', part([message(9)], [reaction(10, 'a')], 'o9'), true));
    store.take(arrivedMessage('p', message(1)));
    expect(tally(store)).toMatchObject([{ count: 1 }]);
  });

  it('go with the messages that the page lets go of, and stay with the others', () => {
    const store = pageIn('p');
    for (let seq = 1; seq <= LIMITS.messagesHeld + 1; seq++) store.take(arrivedMessage('p', message(seq)));
    store.take(reacted('p', reaction(5_000, 'a')));
    store.take(reacted('p', reaction(5_001, 'a', true, 'fire', { from: BO.id, key: 'k2' })));
    store.take(seen('p'));
    expect(Object.keys(store.state.places.p?.reactions ?? {})).toEqual(['bo k2']);
    store.take(caughtUp('p', part([message(3_000)], [], 'o3000'), false));
    expect(store.state.places.p?.reactions).toEqual({});
  });

  it('of a ride are those of the newest answer', () => {
    const store = pageIn('p');
    store.take(withPlace('ride', true));
    const news = { members: [], here: 2, messages: [message(1)] };
    store.take(entered('ride', { ...news, reactions: [reaction(2, 'a')] }));
    store.take(entered('ride', { ...news, reactions: [] }));
    expect(store.state.places.ride?.reactions).toEqual({});
  });
});

describe('an own reaction', () => {
  const shelf = { put: async () => true, get: async () => undefined, drop: async () => {} };

  function page() {
    const [store, socket] = [pageIn('p'), new FakeSocket()];
    const refused: string[] = [];
    const outbox = new Outbox(store, socket.forPage, shelf, (why) => void refused.push(why));
    store.take(arrivedMessage('p', message(1)));
    const own = () => {
      const { p } = store.state.places;
      return tallyOf((p && shownReactions(p, 'me')['bo k1']) ?? [], 'me', {}).some(({ isOwn }) => isOwn);
    };
    return { store, socket, outbox, refused, own };
  }

  it('shows at once, waits without a signal, and is sent under one key until it is answered', async () => {
    const { store, socket, outbox, own } = page();
    store.set({ link: 'offline' });
    outbox.react('p', { to: TO, kind: 'heart', on: true });
    expect([own(), socket.asked]).toEqual([true, []]);
    store.set({ link: 'online' });
    socket.answer = () => (socket.asked.length < 2 ? undefined : { ok: true, seq: 9, at: 9 });
    await outbox.flush('p');
    const [first, second] = socket.asked;
    expect(first).toMatchObject([
      'naru:once',
      expect.any(String),
      'react',
      { place: 'p', to: TO, kind: 'heart', on: true },
    ]);
    expect(second).toEqual(first);
    expect(store.state.places.p).toMatchObject({ pending: [], reactions: { 'bo k1': [reaction(9, 'me')] } });
    expect(own()).toBe(true);
  });

  it('is taken back by the next one, and by a refusal', async () => {
    const { store, socket, outbox, refused, own } = page();
    socket.answer = () => ({ ok: true, seq: socket.asked.length, at: 0 });
    for (const on of [true, false]) outbox.react('p', { to: TO, kind: 'heart', on });
    expect(own()).toBe(false);
    await expect.poll(() => store.state.places.p?.pending).toEqual([]);
    expect(own()).toBe(false);
    socket.answer = () => ({ ok: false, why: 'gone' });
    outbox.react('p', { to: TO, kind: 'heart', on: true });
    expect(own()).toBe(true);
    await expect.poll(() => refused).toEqual(['gone']);
    expect([own(), store.state.places.p?.pending]).toEqual([false, []]);
  });
});
