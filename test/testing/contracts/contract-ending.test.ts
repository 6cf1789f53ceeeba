import { describe, expect, it } from 'vitest';
import { broken, brokenHandler, failures } from '../broken.js';

describe('the contract notices a transport', () => {
  it('that ends twice', async () => {
    const open = brokenHandler((handler) => ({
      onClose(from, error) {
        handler.onClose(from, error);
        handler.onClose(from, error);
      },
    }));
    expect(await failures(open)).toContain('calls onClose once, however often it is ended');
  });

  it('that loses its last words', async () => {
    const open = broken((transport) => {
      const close = transport.close.bind(transport);
      transport.close = () => {
        transport.peer.received.length = 0;
        close();
      };
    });
    expect(await failures(open)).toContain('closes after what was sent, and calls onClose once without an error');
  });

  it('that keeps the reason of a close to itself', async () => {
    const open = broken((transport) => {
      const close = transport.close.bind(transport);
      transport.close = () => close();
    });
    expect(await failures(open)).toEqual(['tells its peer the code and the reason of a close']);
  });

  it('that does not let go when it is retired', async () => {
    const open = broken((transport) => {
      transport.retire = () => undefined;
    });
    expect(await failures(open)).toEqual(['lets the connection go when it is retired']);
  });
});
