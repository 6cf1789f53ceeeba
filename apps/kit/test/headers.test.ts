import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { headersFor } from '../server/headers.js';

function headersOf(allowed: Parameters<typeof headersFor>[0]): Map<string, string> {
  const headers = new Map<string, string>();
  headersFor(allowed)({
    setHeader: (name: string, value: string) => headers.set(name, value),
  } as unknown as ServerResponse);
  return headers;
}

describe('the headers', () => {
  it('let a page load and run its own files, and use no device', () => {
    const headers = headersOf({ sources: [] });
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'; /,
    );
    expect(headers.get('permissions-policy')).toMatch(/^camera=\(\), .*microphone=\(\)/);
  });

  it('let a page do what its application asks for', () => {
    const headers = headersOf({ sources: ["img-src 'self' blob:"], features: ['camera'] });
    expect(headers.get('content-security-policy')).toContain("; img-src 'self' blob:; ");
    expect(headers.get('permissions-policy')).toMatch(/camera=\(self\), .*microphone=\(\)/);
  });
});
