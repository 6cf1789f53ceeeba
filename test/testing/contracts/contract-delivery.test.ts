import { describe, expect, it } from 'vitest';
import { broken, brokenHandler, failures } from '../broken.js';

describe('the contract notices a transport', () => {
  it('that loses a unit', async () => {
    const open = broken((transport) => {
      const take = transport.peer.take.bind(transport.peer);
      let count = 0;
      transport.peer.take = (unit) => {
        count += 1;
        if (count !== 2) take(unit);
      };
    });
    expect(await failures(open)).toEqual(
      expect.arrayContaining([
        'sends a batch whole, and in order where it keeps one',
        'loses nothing and changes no order while both ends send at once',
      ]),
    );
  });

  it('that changes the order', async () => {
    const open = broken((transport) => {
      const take = transport.peer.take.bind(transport.peer);
      let kept: Parameters<typeof take>[0] | undefined;
      transport.peer.take = (unit) => {
        if (kept === undefined && unit === '43') kept = unit;
        else take(unit);
        if (unit === '44' && kept !== undefined) take(kept);
      };
    });
    expect(await failures(open)).toContain('loses nothing and changes no order while both ends send at once');
  });

  it('that changes bytes', async () => {
    const open = brokenHandler((handler) => ({
      onData: (from, unit) => handler.onData(from, typeof unit === 'string' ? unit : unit.slice(1)),
    }));
    expect(await failures(open)).toEqual(
      expect.arrayContaining([
        'keeps bytes as they are',
        'delivers the units of its peer whole, and in order where it keeps one',
      ]),
    );
  });

  it('that uses memory again which it gave away', async () => {
    const shared = new Uint8Array(100);
    const open = brokenHandler((handler) => ({
      onData(from, unit) {
        if (typeof unit !== 'string' && unit.byteLength === 100) shared.set(unit);
        handler.onData(from, typeof unit !== 'string' && unit.byteLength === 100 ? shared : unit);
      },
    }));
    expect(await failures(open)).toEqual(['gives binary units that are the receiver’s to keep']);
  });

  it('that takes more than it was told to', async () => {
    const open = broken(() => undefined);
    const bounded: typeof open = async (handler) => ({ ...(await open(handler)), unitBytesMax: 1_000 });
    expect(await failures(bounded)).toEqual([
      'refuses a unit that is one byte larger: tells an error, and delivers nothing of it',
    ]);
  });
});
