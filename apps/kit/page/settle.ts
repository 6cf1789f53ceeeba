/** Waits for the answers of the server. */

/** The answer when none arrived in time, or when the guard of the server has refused the request. */
export interface Late {
  readonly ok: false;
  readonly why: 'late' | 'slow';
  readonly waitMs?: number;
}

/** The answer of a guard that has refused a request. */
type Limited = { readonly error?: { readonly code?: unknown; readonly retryAfter?: number } } | undefined;

/**
 * Waits for an answer. Resolves to `late` when it does not arrive in time, or when the connection is lost, and to
 * `slow` when this page has asked too often.
 */
export async function settle<Answer>(asked: Promise<Answer>): Promise<Answer | Late> {
  try {
    const answer = await asked;
    const { code, retryAfter: waitMs } = (answer as Limited)?.error ?? {};
    return code === 'LIMITED' && waitMs !== undefined ? { ok: false, why: 'slow', waitMs } : answer;
  } catch {
    // Either way, the caller asks again when the page is connected.
    return { ok: false, why: 'late' };
  }
}
