/** Explains why a connection could not be opened, and what to look at. Not in the bundles for `<script>`. */

/** The part of a transport that failed. */
interface Attempt {
  /** `localhost:3000`. */
  readonly place: string;
  readonly secure: boolean;
  readonly path: string;
  /** Whether no session was open yet. Advice about the address would mislead later. */
  readonly isFirst: boolean;
}

const CAUSES_MAX = 10;
const UNRESOLVED = /^(ENOTFOUND|EAI_)/;
const UNREACHABLE = /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/;
const NO_TLS = /^(EPROTO$|ERR_SSL_(WRONG_VERSION|PACKET_LENGTH))/;
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|^CERT_|ALTNAME_INVALID/;

/**
 * Returns the cause of a failure in words, and what to look at. `description` is an HTTP status, an error or an event,
 * and `context` the request. Returns `undefined` if nothing is known.
 */
export function explainFailure(description: unknown, context: unknown, attempt: Attempt): string | undefined {
  if (description === undefined) return undefined;
  const cause = innermost(description);
  const { status, message, code } = readCause(cause, context);
  if (status) return explainStatus(status, context, attempt);
  if (!attempt.isFirst) return message;
  const { place, secure, path } = attempt;
  if (code === 'ECONNREFUSED')
    return `nothing listens at ${place}. Check the host, the port and whether the server runs`;
  if (UNRESOLVED.test(code)) return `the host of ${place} is unknown (${code}). Check the address`;
  if (UNREACHABLE.test(code)) return `${place} cannot be reached (${code}). Check the address and the firewall`;
  if (secure && NO_TLS.test(code))
    return `the server at ${place} does not speak TLS. Write http:// in the address: without a scheme it means https:// outside of a page`;
  if (UNTRUSTED.test(code))
    return `the certificate of ${place} is not trusted (${code}). Give its authority in the option "ca"`;
  if (code === 'ECONNRESET') {
    const scheme = secure ? '' : '. If it speaks TLS, write https:// in the address';
    return `${place} closed the connection without an answer. Check the option "path", here ${path}${scheme}`;
  }
  return (
    message ??
    `the browser hides why ${place} did not answer. Check the address, the network tab of its developer tools, and the option "cors" of the server if the page comes from elsewhere`
  );
}

/**
 * Returns the next cause. Errors have a `cause`, transport errors a `description`, events an `error`, and attempts at
 * several addresses `errors`.
 */
export function causeOf(failure: unknown): unknown {
  if (typeof failure !== 'object' || failure === null) return undefined;
  const { cause, description, error, errors } = failure as Record<string, unknown>;
  return cause ?? description ?? error ?? (Array.isArray(errors) ? errors[0] : undefined);
}

function innermost(failure: unknown): unknown {
  let found = failure;
  for (let depth = 0; depth < CAUSES_MAX; depth += 1) {
    const next = causeOf(found);
    if (next === undefined || next === null) break;
    found = next;
  }
  return found;
}

interface Cause {
  readonly status: number;
  readonly code: string;
  readonly message: string | undefined;
}

/** A browser gives an event without any words, or status 0. */
function readCause(cause: unknown, context: unknown): Cause {
  if (typeof cause === 'number') return { status: cause, code: '', message: undefined };
  if (typeof cause === 'string') return { status: 0, code: '', message: cause };
  const { status, code, message } = (cause ?? {}) as Partial<Record<keyof Cause, unknown>>;
  const { status: asked } = (context ?? {}) as { status?: unknown };
  return {
    status: Number(status ?? asked) || 0,
    code: typeof code === 'string' ? code : '',
    message: typeof message === 'string' && message !== '' && code !== undefined ? message : undefined,
  };
}

function explainStatus(status: number, context: unknown, { path, isFirst }: Attempt): string {
  const said = messageIn((context as { responseText?: unknown } | undefined)?.responseText);
  const answer = `the server answered ${status}${said ? `: ${said}` : ''}`;
  const isElsewhere = status === 404 || (status === 400 && !said);
  return isFirst && isElsewhere
    ? `${answer}. Check the port, and that client and server have the same option "path", here ${path}`
    : answer;
}

/** Returns the message of a refusal by the engine, `{"code":1,"message":"..."}`. */
function messageIn(text: unknown): string | undefined {
  try {
    const { message } = JSON.parse(text as string) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}
