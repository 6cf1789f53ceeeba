/** Says for a person why something failed: what the innermost cause has to say about it. */
import { STATUS_CODES } from 'node:http';

const CAUSES_MAX = 10;
const UNTRUSTED =
  /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_(SIGNATURE|UNTRUSTED|REJECTED|HAS_EXPIRED|NOT_YET)|ALTNAME_INVALID/;

/** The reason of an error, of an HTTP status, or of an error event. */
export function reasonOf(error: unknown): string {
  let reason = '';
  let cause = error;
  for (let depth = 0; depth < CAUSES_MAX && cause !== undefined && cause !== null; depth += 1) {
    reason = wordsOf(cause) || reason;
    cause = causeOf(cause);
  }
  return reason || 'for no known reason';
}

/** An answer that is no success, with what its body says about it. */
export function refusalOf(status: number, body: string): string {
  const said = errorIn(body) ?? body.trim();
  return `${statusText(status)}${said === '' ? '' : `: ${said}`}`;
}

/** The error that a JSON text says in the form of Naru's endpoints, `{"error":{"code":...,"message":...}}`; `undefined` for another text. */
export function errorIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown; data?: unknown } };
    if (typeof error?.message !== 'string') return undefined;
    const { code, message, data } = error;
    return `${message}${code === undefined ? '' : ` (${String(code)})`}${data === undefined ? '' : ` ${JSON.stringify(data)}`}`;
  } catch {
    // No JSON, or null.
    return undefined;
  }
}

function wordsOf(cause: unknown): string {
  if (typeof cause === 'string') return cause;
  if (typeof cause === 'number') return cause > 0 ? statusText(cause) : '';
  const { message, code } = cause as { message?: unknown; code?: unknown };
  const words = typeof message === 'string' && message !== '' ? message : typeof code === 'string' ? code : '';
  // Newer versions of Node say behind a semicolon what helps a program of their own.
  return typeof code === 'string' && UNTRUSTED.test(code)
    ? `${words.replace(/;.*/s, '')}; --ca <file> says whom to trust, --insecure trusts anybody`
    : words;
}

/** Errors have a cause, those of transports a description, events an error, and attempts at several addresses several errors. */
function causeOf(failure: unknown): unknown {
  if (typeof failure !== 'object' || failure === null) return undefined;
  const { cause, description, error, errors } = failure as Record<string, unknown>;
  return cause ?? description ?? error ?? (Array.isArray(errors) ? errors[0] : undefined);
}

function statusText(status: number): string {
  const words = STATUS_CODES[status];
  return `the server answered ${status}${words === undefined ? '' : ` ${words}`}`;
}
