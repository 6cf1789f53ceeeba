/** The headers of every page and file of an application: the page may load and run its own files, and nothing else. */
import type { ServerResponse } from 'node:http';

/** The further permissions of a page. */
export interface Allowed {
  /** Further directives of the content security policy. */
  readonly sources: readonly string[];
  /** Devices and features of the browser that the page may use, of those in `FEATURES`. */
  readonly features?: readonly (typeof FEATURES)[number][];
}

/** Returns the function that sets the headers of a response. */
export function headersFor({ sources, features = [] }: Allowed): (response: ServerResponse) => void {
  const headers = {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      ...sources,
      "manifest-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': FEATURES.map((name) => `${name}=(${features.includes(name) ? 'self' : ''})`).join(', '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  };
  return (response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  };
}

const FEATURES = [
  'camera',
  'display-capture',
  'geolocation',
  'microphone',
  'payment',
  'usb',
  'interest-cohort',
] as const;
