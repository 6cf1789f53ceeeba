import { describe, expect, it, onTestFinished } from 'vitest';
import { markSessionId, markSocketId } from '../../src/base/node/socket-ids.js';
import { shownNamespace, shownRoom } from '../../src/taps/shown.js';
import { tap } from '../../src/taps/tap.js';

const SID = markSessionId('abcdefghijklmnopqrst');

describe('names', () => {
  it('show the beginning of the id of a session alone, by which a client of Socket.IO 2 is named', () => {
    expect(shownRoom(SID)).toBe('abcdef...');
    expect(shownRoom(`${SID}.nodecode`)).toBe('abcdef...');
    expect(shownRoom(`/shop#${SID}.nodecode`)).toBe('/shop#abcdef...');
  });

  it('show nothing of the pass of a session', () => {
    expect(shownRoom('naru:pass:[1700000000000,["secret-*"]]')).toBe('naru:pass...');
  });

  it.each(['', 'room', 'naru:pass', 'naru:user:42', 'two\nlines', markSocketId('abcdefghijklmnopqrst'), `x${SID}`])(
    'show a room as it is otherwise: %j',
    (room) => {
      expect(shownRoom(room)).toBe(room);
    },
  );

  it('show a namespace without the query after it', () => {
    expect(['/', '/shop', '/shop?token=secret', '/?'].map(shownNamespace)).toEqual(['/', '/shop', '/shop...', '/...']);
  });
});

it('no listener of a tap hears a secret that is in a name', () => {
  const heard: object[] = [];
  const test = tap<object>('test.shown');
  const listen = (facts: object): number => heard.push({ ...facts });
  test.subscribe(listen);
  onTestFinished(() => void test.unsubscribe(listen));
  test.publish({ socket: SID, namespace: '/a?token=b', rooms: [SID, 'room'], except: [SID], room: SID, message: SID });
  test.publish({ transport: 'websocket?token=b', namespace: undefined, rooms: 3 });
  test.publish({ transport: ['polling', 'polling'] });
  const shown = 'abcdef...';
  expect(heard).toEqual([
    { socket: shown, namespace: '/a...', rooms: [shown, 'room'], except: [shown], room: shown, message: SID },
    { transport: 'websocket...', namespace: undefined, rooms: 3 },
    { transport: 'polling...' },
  ]);
});
