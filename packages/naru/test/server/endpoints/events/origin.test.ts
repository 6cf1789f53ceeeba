import { describe, expect, it } from 'vitest';
import { openStage, openStream, openTexts, post } from '../../../../../../test/kit/clients/plain-events.js';
import { remedyOf } from '../../../../src/taps/remedies.js';
import { handshakeRefused } from '../../../../src/taps/taps.js';
import { hear } from '../../../taps/hear.js';

describe('a page of another origin', () => {
  const origin = 'https://a.example';

  it('is refused, whatever it requests', async () => {
    const { url } = await openStage();
    expect((await openStream(`${url}/events/a`, { origin })).response.status).toBe(403);
    expect(await post(`${url}/events/a`, '1', { origin })).toMatchObject({
      status: 403,
      body: { error: { code: 'FOREIGN_ORIGIN' } },
    });
    await expect(openTexts(`${url}/events/a`, { origin })).rejects.toThrow(/^403/);
    expect((await post(`${url}/events/a`, '1', { origin: 'null' })).status).toBe(403);
  });

  it('is admitted if "cors" allows it, and may send a preflight', async () => {
    const { url } = await openStage({ cors: { origin } });
    const { response } = await openStream(`${url}/events/a`, { origin });
    expect(response.status).toBe(200);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect((await post(`${url}/events/a`, '1', { origin })).status).toBe(202);
    await openTexts(`${url}/events/a`, { origin });
    expect((await openStream(`${url}/events/a`, { origin: 'https://b.example' })).response.status).toBe(403);
    await expect(openTexts(`${url}/events/a`, { origin: 'https://b.example' })).rejects.toThrow(/^403/);
    const asked = await fetch(`${url}/events/a`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-headers')).toBe('content-type');
  });

  it('is admitted from anywhere if "cors" says so, also asynchronously', async () => {
    const all = await openStage({ cors: { origin: '*' } });
    await openTexts(`${all.url}/events/a`, { origin });
    const late = await openStage({
      cors: { origin: (given, callback) => setTimeout(() => callback(null, given === origin), 5) },
    });
    await openTexts(`${late.url}/events/a`, { origin });
    await expect(openTexts(`${late.url}/events/a`, { origin: 'https://b.example' })).rejects.toThrow(/^403/);
  });

  it('does not include the server itself, also behind a proxy that passes the host on', async () => {
    const { url, port } = await openStage();
    await openTexts(`${url}/events/a`, { origin: `http://127.0.0.1:${port}` });
    await openTexts(`${url}/events/a`, { origin, headers: { 'x-forwarded-host': 'a.example' } });
    await openTexts(`${url}/events/a`, { origin, headers: { 'sec-fetch-site': 'same-origin' } });
    await expect(
      openTexts(`${url}/events/a`, { origin, headers: { 'x-forwarded-host': 'b.example' } }),
    ).rejects.toThrow();
  });
});

describe('the tap of refusals tells of plain events', () => {
  const origin = 'https://a.example';

  it('why they were refused, and what to do', async () => {
    const heard = hear(handshakeRefused);
    const { url } = await openStage({ allowRequest: (request, decide) => decide(null, !request.headers.cookie) });
    await openStream(`${url}/events/a`, { origin });
    await openStream(`${url}/events/a`, { cookie: 'a=b' });
    await fetch(`${url}/events/a`, { method: 'DELETE' });
    await openStream(`${url}/events/%zz`);
    expect(heard.map(([, facts]) => facts)).toMatchObject([
      { reason: 'forbidden', detail: 'FOREIGN_ORIGIN' },
      { reason: 'forbidden', detail: 'REFUSED' },
      { reason: 'badMethod', detail: 'BAD_METHOD' },
      { reason: 'badRequest', detail: 'BAD_ADDRESS' },
    ]);
    expect(remedyOf('handshake.refused', heard[0]?.[1] ?? {})).toContain('"cors"');
    expect(remedyOf('handshake.refused', heard[1]?.[1] ?? {})).toContain('"allowRequest"');
  });

  it('why a stream that may come back later was refused', async () => {
    const heard = hear(handshakeRefused);
    const { url } = await openStage({ allowRequest: () => undefined, handshakeTimeout: 50 });
    const { response } = await openStream(`${url}/events/a`, { accept: 'text/event-stream' });
    expect(response.status).toBe(200);
    expect(heard).toMatchObject([['handshake.refused', { reason: 'undecided', detail: 'UNAVAILABLE' }]]);
  });
});
