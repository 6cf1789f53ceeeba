import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { commandMaker, listen, no, yes } from '../server/command.js';
import { Pace } from '../server/pace.js';
import { readId } from '../server/readers.js';

const RATES = {
  act: { burst: 2, perSecond: 1, isWarned: false },
};
type Kind = keyof typeof RATES;

const world = { now: () => 0 };
const asker = () => ({ pace: new Pace<Kind>(RATES) });
const command = commandMaker<typeof world, ReturnType<typeof asker>, Kind, 'gone'>();
const enter = command('enter', 'act', readId, (_world, _asker, { id }) => (id === 'here' ? yes({ id }) : no('gone')));
const later = command('later', undefined, readId, async (_world, _asker, { id }) => yes({ id }));

describe('a command', () => {
  it('checks its argument, and then acts', () => {
    expect(enter.run(world, asker(), { id: 'here' })).toEqual({ ok: true, id: 'here' });
    expect(enter.run(world, asker(), { id: 'away' })).toEqual({ ok: false, why: 'gone' });
    expect(enter.run(world, asker(), { id: '<b>' })).toEqual({ ok: false, why: 'bad' });
  });

  it('is refused beyond its rate, with the time to wait', () => {
    const one = asker();
    for (let index = 0; index < 2; index++) enter.run(world, one, {});
    expect(enter.run(world, one, { id: 'here' })).toEqual({ ok: false, why: 'slow', waitMs: 1_000 });
    expect(enter.run(world, asker(), { id: 'here' })).toMatchObject({ ok: true });
  });
});

describe('a connection', () => {
  it('gets an answer where it asked for one, at once or later', async () => {
    const socket = new EventEmitter();
    listen([enter, later], world, asker(), socket);
    socket.emit('enter', { id: 'here' });
    const answer = (event: string, ...args: unknown[]) =>
      new Promise((resolve) => socket.emit(event, ...args, resolve));
    expect(await answer('enter', { id: 'here' })).toEqual({ ok: true, id: 'here' });
    expect(await answer('later', { id: 'x' })).toEqual({ ok: true, id: 'x' });
    // An event whose only argument is the acknowledgement.
    expect(await answer('later')).toEqual({ ok: false, why: 'bad' });
  });

  it('gets no answer when it is not current any more', () => {
    const socket = new EventEmitter();
    let isCurrent = true;
    listen([enter], world, asker(), socket, () => isCurrent);
    const answers: unknown[] = [];
    const ask = () => socket.emit('enter', { id: 'here' }, (answer: unknown) => answers.push(answer));
    ask();
    isCurrent = false;
    ask();
    expect(answers).toHaveLength(1);
  });
});
