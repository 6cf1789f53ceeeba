import { describe, expect, it } from 'vitest';
import { broken, brokenHandler, failures } from '../broken.js';

const PRESSURE = 'is not writable when its peer does not read, and says when it is again';

describe('the contract notices a transport', () => {
  it('that does not say that it can send again', async () => {
    expect(await failures(brokenHandler(() => ({ onWritable: () => undefined })))).toContain(PRESSURE);
  });

  it('that takes everything for a peer that does not read', { timeout: 30_000 }, async () => {
    const open = broken((transport) => {
      Object.defineProperty(transport, 'writable', { value: true });
    });
    expect(await failures(open)).toContain(PRESSURE);
  });

  it('that hears nothing while it cannot send', async () => {
    const open = brokenHandler((handler) => ({
      onData: (from, unit) => from.writable && handler.onData(from, unit),
    }));
    expect(await failures(open)).toContain('still hears a peer that does not read');
  });
});
