import { describe, expect, it } from 'vitest';
import { isTold } from '../../../src/backplane/own-records.js';
import { readAction, readTarget } from '../../../src/namespace/remote/incoming.js';
import { actRecord, originOf } from '../../../src/namespace/remote/origins.js';

describe('the origin of a record', () => {
  const target = { rooms: new Set(['a']), except: new Set(['b']), flags: {} };

  it('is kept with a change of sockets, which all nodes read as without it', () => {
    const record = actRecord(target, ['join', ['new']], 'socket.io n 1 old', 5);
    expect([isTold(record), record.at, originOf(record)]).toEqual([true, 5, 'socket.io n 1 old']);
    const [, , far, ...args] = JSON.parse(record.event);
    expect(readAction(args)).toEqual(['join', ['new']]);
    expect(readTarget(far)).toMatchObject({ rooms: target.rooms, except: target.except });
  });

  it('is the author of an event, and absent in other records', () => {
    const event = { rooms: ['a'], except: [], event: '["said"]', attachments: [], at: 0 };
    expect(originOf({ ...event, by: 'socket.io n 1 old' })).toBe('socket.io n 1 old');
    expect(originOf(event)).toBe(undefined);
    const { rooms, except } = actRecord(target, ['disconnect', true], 'x', 0);
    expect(originOf({ ...event, rooms, except, event: '["ask","n",[[],[],true]]' } as never)).toBe(undefined);
    expect(originOf({ ...event, rooms, except, event: '["act","n",[[],[],true],"join",["a"]]' } as never)).toBe(
      undefined,
    );
  });
});
