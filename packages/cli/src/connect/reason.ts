/** Explains a failure to the user in the words of its innermost cause. */
import { STATUS_CODES } from 'node:http';
import { causeOf } from 'naru/client/wire';

const CAUSES_MAX = 10;
const UNTRUSTED =
  /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_(SIGNATURE|UNTRUSTED|REJECTED|HAS_EXPIRED|NOT_YET)|ALTNAME_INVALID/;

/** Returns the reason of an error, an HTTP status or an error event. */
export function reasonOf(error: unknown): string {
  let reason = '';
  let cause = error;
  for (let depth = 0; depth < CAUSES_MAX && cause !== undefined && cause !== null; depth += 1) {
    reason = wordsOf(cause) || reason;
    cause = causeOf(cause);
  }
  return reason || 'unknown reason';
}

/** Describes an HTTP answer that reports a failure, with the message in its body. */
export function refusalOf(status: number, body: string): string {
  const said = errorIn(body) ?? body.trim();
  return `${statusText(status)}${said === '' ? '' : `: ${said}`}`;
}

/**
 * Returns the error in a JSON text such as `{"error":{"code":...,"message":...}}`, the form of Naru's endpoints; else
 * `undefined`.
 */
export function errorIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown; data?: unknown } };
    if (typeof error?.message !== 'string') return undefined;
    const { code, message, data } = error;
    return `${message}${code === undefined ? '' : ` (${String(code)})`}${data === undefined ? '' : ` ${JSON.stringify(data)}`}`;
  } catch {
    // The text is not JSON, or it is null.
    return undefined;
  }
}

function wordsOf(cause: unknown): string {
  if (typeof cause === 'string') return cause;
  if (typeof cause === 'number') return cause > 0 ? statusText(cause) : '';
  const { message, code } = cause as { message?: unknown; code?: unknown };
  const words = typeof message === 'string' && message !== '' ? message : typeof code === 'string' ? code : '';
  // Newer versions of Node add advice for their own programs after a semicolon.
  return typeof code === 'string' && UNTRUSTED.test(code)
    ? `${words.replace(/;.*/s, '')}; --ca <file> trusts it, --insecure trusts every certificate`
    : words;
}

function statusText(status: number): string {
  const words = STATUS_CODES[status];
  return `the server answered ${status}${words === undefined ? '' : ` ${words}`}`;
}
