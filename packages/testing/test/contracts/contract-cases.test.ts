import { describe, expect, it } from 'vitest';
import { broken, brokenHandler, failures } from '../broken.js';

const PRESSURE = 'is not writable while its peer does not read, and calls onWritable later';

describe('the cases of arrival notice a transport', () => {
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
        'sends a list of packets whole, and in order if it keeps order',
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
        'delivers the units of its peer whole, and in order if it keeps order',
      ]),
    );
  });

  it('that reuses memory which it handed out', async () => {
    const shared = new Uint8Array(100);
    const open = brokenHandler((handler) => ({
      onData(from, unit) {
        if (typeof unit !== 'string' && unit.byteLength === 100) shared.set(unit);
        handler.onData(from, typeof unit !== 'string' && unit.byteLength === 100 ? shared : unit);
      },
    }));
    expect(await failures(open)).toEqual(['delivers binary units that do not change later']);
  });

  it('that accepts more than the limit', async () => {
    const open = broken(() => undefined);
    const bounded: typeof open = async (handler) => ({ ...(await open(handler)), unitBytesMax: 1_000 });
    expect(await failures(bounded)).toEqual([
      'refuses a unit that is one byte larger: reports an error, and delivers nothing of it',
    ]);
  });
});

describe('the cases of back-pressure notice a transport', () => {
  it('that does not report that it can send again', async () => {
    expect(await failures(brokenHandler(() => ({ onWritable: () => undefined })))).toContain(PRESSURE);
  });

  it('that accepts everything for a peer that does not read', { timeout: 30_000 }, async () => {
    const open = broken((transport) => {
      Object.defineProperty(transport, 'writable', { value: true });
    });
    expect(await failures(open)).toContain(PRESSURE);
  });

  it('that receives nothing while it cannot send', async () => {
    const open = brokenHandler((handler) => ({
      onData: (from, unit) => from.writable && handler.onData(from, unit),
    }));
    expect(await failures(open)).toContain('still receives from a peer that does not read');
  });
});

describe('the cases of the end notice a transport', () => {
  it('that ends twice', async () => {
    const open = brokenHandler((handler) => ({
      onClose(from, error) {
        handler.onClose(from, error);
        handler.onClose(from, error);
      },
    }));
    expect(await failures(open)).toContain('calls onClose once, however often it is ended');
  });

  it('that loses its last data', async () => {
    const open = broken((transport) => {
      const close = transport.close.bind(transport);
      transport.close = () => {
        transport.peer.received.length = 0;
        close();
      };
    });
    expect(await failures(open)).toContain('closes after all sent data, and calls onClose once without an error');
  });

  it('that hides the reason of a close', async () => {
    const open = broken((transport) => {
      const close = transport.close.bind(transport);
      transport.close = () => close();
    });
    expect(await failures(open)).toEqual(['tells its peer the code and the reason of a close']);
  });

  it('that does not release a retired transport', async () => {
    const open = broken((transport) => {
      transport.retire = () => undefined;
    });
    expect(await failures(open)).toEqual(['ends the connection when it is retired']);
  });
});
